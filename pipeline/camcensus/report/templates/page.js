(() => {
  "use strict";
  // The page is whole without this script: it sorts, searches and switches between snapshots, units and makers.
  const view = JSON.parse(document.getElementById("view").textContent);
  const $ = (id) => document.getElementById(id);
  const table = $("country-table");
  const body = table.tBodies[0];
  const heads = Array.from(table.tHead.rows[0].cells);
  const place = Object.fromEntries(heads.map((head, n) => [head.dataset.key, n]));
  const codes = view.places.map((p) => p[0]);
  const WORLD = codes.length;
  const rowOf = (n) => (n === WORLD ? table.tFoot.querySelector(".world") : $(`country-${codes[n]}`));
  const rows = codes.map((_, n) => rowOf(n)).filter((row) => row.parentNode === body);
  const slug = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  // Two makers of one slug are told apart by a number, so that a link leads to its own.
  const slugs = view.makers.reduce((found, maker) => {
    let own = slug(maker);
    while (found.includes(own)) own += "-2";
    return [...found, own];
  }, []);
  const MINUS = "\u2212", DASH = "\u2013", NONE = "n/a";
  const start = { maker: -1, unit: view.unit, year: view.years.length - 1, per: "", country: "", sort: "rank", down: false };
  let state = { ...start };

  // --- numbers as the page writes them ---
  const whole = (n) => n.toLocaleString("en-US");
  const one = (n) => n.toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const signed = (n, form) => (n === 0 ? "0" : (n > 0 ? "+" : MINUS) + form(Math.abs(n)));
  const rate = (n) => (n > 0 && one(n) === "0.0" ? "<0.1" : one(n));

  // --- what is counted: by place, the world last; null is not shown ---
  const counts = (year) => (state.maker < 0 ? year.units[state.unit] : year.makers[state.maker]);
  const unitWord = () => (state.maker < 0 ? state.unit : "hosts");
  const per = (n, count, kind) => {
    const of = n === WORLD ? null : view.places[n][kind === "people" ? 3 : 4];
    if (n === WORLD && state.maker < 0) return view.years[state.year].rates[state.unit][kind === "people" ? 0 : 1];
    return of && count !== null ? ((kind === "people" ? 1e5 : 1e6) * count) / of : null;
  };
  const ranks = (now) => {
    const found = codes.map((_, n) => [n, now[n]]).filter(([n, c]) => view.places[n][2] === "country" && c);
    return new Map(found.map(([n, c]) => [n, 1 + found.filter(([, other]) => other > c).length]));
  };

  // --- the table ---
  const put = (row, key, value, text) => {
    const cell = row.cells[place[key]];
    if (value === null) delete cell.dataset.v; else cell.dataset.v = value;
    cell.textContent = text;
  };
  const spark = (svg, series) => {
    const xs = view.years.map((y) => y.x), first = xs[0], span = xs[xs.length - 1] - first || 1;
    const most = Math.max(1, ...series.filter((c) => c !== null));
    const point = series.map((c, i) => (c === null ? null : [3 + (66 * (xs[i] - first)) / span, 3 + 14 * (1 - c / most)]));
    const make = (name, values) => {
      const found = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(values)) found.setAttribute(key, value);
      return found;
    };
    const marks = [];
    view.years.forEach((year, i) => {
      if (i && year.joined && point[i - 1] && point[i]) {
        marks.push(make("path", { d: `M${point[i - 1]}L${point[i]}`, ...(year.dots ? { class: "dots" } : {}) }));
      }
    });
    view.years.forEach((year, i) => {
      const line = (n) => n > 0 && n < point.length && view.years[n].joined && point[n - 1] && point[n];
      if (point[i] && (i === point.length - 1 || !year.whole || !(line(i) || line(i + 1)))) marks.push(make("circle", { cx: point[i][0], cy: point[i][1], r: 2, ...(year.whole ? {} : { class: "hollow" }) }));
    });
    svg.replaceChildren(...marks);
  };
  const fillMakers = (row, n, year) => {
    const hosts = year.units.hosts[n];
    const share = (m) => (year.makers[m][n] ? year.makers[m][n] / hosts : 0);
    if (state.maker >= 0) {
      const own = year.makers[state.maker][n];
      put(row, "share", own === null || !hosts ? null : own / hosts, own === null || !hosts ? DASH : `${one((100 * own) / hosts)} %`);
      return;
    }
    const order = view.makers.map((_, m) => m).filter((m) => share(m)).sort((a, b) => year.makers[b][n] - year.makers[a][n] || (view.makers[a] < view.makers[b] ? -1 : 1));
    const text = order.slice(0, 2).map((m) => `${view.makers[m]} ${(100 * share(m)).toFixed(0)} %`).join(", ");
    put(row, "share", order.length ? share(order[0]) : null, text || DASH);
  };
  const fillRow = (n, year, now, before, rank) => {
    const row = rowOf(n), count = now[n];
    const span = state.maker < 0 ? year.ranks[state.unit][n] : null;
    put(row, "rank", rank.get(n) ?? null, rank.has(n) ? `${rank.get(n)}${span ? " " : ""}` : "");
    if (rank.has(n) && span) {
      const small = document.createElement("small");
      small.textContent = `(${span[0]}${DASH}${span[1]})`;
      row.cells[place.rank].append(small);
    }
    for (const unit of ["hosts", "devices", "banners"]) {
      const c = state.maker < 0 ? year.units[unit][n] : unit === "hosts" ? count : null;
      put(row, unit, c, c === null ? DASH : whole(c));
    }
    for (const kind of ["people", "addresses"]) {
      const r = per(n, count, kind);
      put(row, kind, r, r === null ? NONE : rate(r));
    }
    const old = before && !year.why ? before[n] : null;
    const moved = old === null || count === null ? null : count - old;
    put(row, "change", moved, moved === null ? NONE : signed(moved, whole));
    const relative = moved === null || !old ? null : (100 * moved) / old;
    put(row, "percent", relative, relative === null ? NONE : signed(relative, one));
    const series = view.years.map((y) => counts(y)[n]), most = Math.max(0, ...series.filter((c) => c !== null));
    const last = series[series.length - 1], end = row.cells[place.trend];
    spark(row.querySelector(".spark"), series);
    if (last === null || !most) delete end.dataset.v; else end.dataset.v = last / most;
    fillMakers(row, n, year);
    const agreed = year.agreed[n];
    put(row, "agreed", agreed, agreed === null ? NONE : one(100 * agreed));
    heads.forEach((head, column) => {
      const maker = head.dataset.key === "maker" ? view.makers.indexOf(head.dataset.name) : -1;
      if (maker < 0) return;
      const c = year.makers[maker][n], cell = row.cells[column];
      if (c === null) delete cell.dataset.v; else cell.dataset.v = c;
      cell.textContent = c === null ? DASH : whole(c);
    });
  };
  const note = (key, text) => { const small = heads[place[key]].querySelector("small"); if (small) small.textContent = text; };
  const fillTable = () => {
    const year = view.years[state.year], now = counts(year), unit = unitWord();
    const before = state.year ? counts(view.years[state.year - 1]) : null;
    const rank = ranks(now);
    for (let n = 0; n <= WORLD; n++) fillRow(n, year, now, before, rank);
    const since = state.year ? `since ${view.years[state.year - 1].id}` : "no earlier snapshot";
    note("rank", `by ${unit}`);
    note("people", `${unit}, people`);
    note("addresses", `${unit}, IPv4 addresses`);
    note("change", `${unit} ${since}`);
    note("percent", since);
    $("caveat").textContent = year.caveat;
    note("trend", unit);
    note("share", state.maker < 0 ? "% of hosts, largest" : `% of hosts, ${view.makers[state.maker]}`);
  };

  // --- sorting and searching ---
  const collator = new Intl.Collator("en", { sensitivity: "base" });
  const sortTable = () => {
    const column = heads.findIndex((head) => keyOf(head) === state.sort);
    const text = heads[column].dataset.sort === "text";
    // A missing number is null, and stays last whichever way the rest is sorted.
    const key = (row) => {
      const cell = row.cells[column];
      return text ? cell.textContent.trim() : cell.dataset.v === undefined ? null : Number(cell.dataset.v);
    };
    const keyed = rows.map((row, at) => ({ row, at, key: key(row) }));
    keyed.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || a.at - b.at;
      const order = text ? collator.compare(a.key, b.key) : a.key - b.key;
      return (state.down ? -order : order) || a.at - b.at;
    });
    body.append(...keyed.map((item) => item.row));
    for (const head of heads) {
      if (keyOf(head) === state.sort) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
  };
  const keyOf = (head) => (head.dataset.key === "maker" ? `maker-${slugs[view.makers.indexOf(head.dataset.name)]}` : head.dataset.key);
  for (const head of heads) {
    if (head.dataset.key === "maker") head.dataset.name = head.firstChild.textContent.trim();
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const again = state.sort === keyOf(head);
      change({ sort: keyOf(head), down: again ? !state.down : head.dataset.sort === "down" });
    });
  }
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();
  const search = $("search");
  search.addEventListener("input", () => {
    const wanted = fold(search.value);
    let shown = 0;
    for (const row of rows) {
      row.hidden = !(fold(row.cells[1].textContent).includes(wanted) || fold(row.cells[2].textContent) === wanted);
      shown += row.hidden ? 0 : 1;
    }
    $("found").textContent = wanted ? `${shown} of ${rows.length}` : "";
  });

  // --- the map ---
  const lands = new Map(Array.from(document.querySelectorAll("#world-map a"), (a) => [a.dataset.c, a]));
  const STEPS = [[1, 2, 5], [1, 3], [1]];
  // At most six classes, evenly wide on a logarithmic scale: their lowest numbers. Those of counts begin at 1.
  const classes = (values, rates) => {
    const most = Math.max(0, ...values), least = Math.min(...values.filter((v) => v > 0));
    if (!(most > 0)) return [];
    const from = rates ? Math.floor(Math.log10(least)) : 0;
    let lows = [];
    for (const steps of STEPS) {
      lows = [];
      for (let d = from; d <= Math.floor(Math.log10(most)); d++) for (const s of steps) if (s * 10 ** d <= most) lows.push(Number((s * 10 ** d).toPrecision(1)));
      if (lows.length <= 6) break;
    }
    lows = lows.slice(-6);
    if (!rates) lows[0] = 1;
    return lows;
  };
  // Colours from light to dark, however many classes there are.
  const shade = (n, of) => (of < 2 ? 3 : Math.floor((n * 5) / (of - 1) + 0.5));
  const fillMap = () => {
    const year = view.years[state.year], now = counts(year), rank = ranks(now);
    const value = codes.map((_, n) => (state.per ? per(n, now[n], state.per) : now[n]));
    const mine = value.filter((v, n) => view.places[n][2] === "country" && v > 0);
    const lows = classes(mine, Boolean(state.per));
    codes.forEach((code, n) => {
      const land = lands.get(code);
      if (!land || view.places[n][2] === "out") return;
      const v = value[n];
      const look = v > 0 ? `k${shade(Math.max(0, lows.filter((low) => low <= v).length - 1), lows.length)}` : now[n] === 0 ? "none" : "few";
      const said = now[n] ? figures(n, now, rank) : `${view.places[n][1]}: ${now[n] === null ? "not shown" : "none found"}`;
      for (const shape of land.querySelectorAll("path, circle")) shape.setAttribute("class", look);
      land.querySelector("title").textContent = said;
      land.setAttribute("aria-label", said);
      land.classList.toggle("chosen", code === state.country);
    });
    fillLegend(lows, mine);
  };
  const figures = (n, now, rank) => {
    const parts = [`${view.places[n][1]}: ${whole(now[n])} ${unitWord()}${rank.has(n) ? `, rank ${rank.get(n)}` : ""}`];
    if (state.per) {
      const r = per(n, now[n], state.per);
      parts.push(`${r === null ? NONE : rate(r)} per ${state.per === "people" ? "100,000 people" : "million IPv4 addresses"}`);
    }
    return parts.join("; ");
  };
  const fillLegend = (lows, values) => {
    const list = $("legend"), items = Array.from(list.children), fixed = items.slice(-4);
    const range = (low, i) => {
      const next = lows[i + 1];
      if (state.per && next) return i || values.every((v) => v >= low) ? `${low} to ${next}` : `under ${next}`;
      if (!next) return `${whole(low)} or more`;
      return low === next - 1 ? whole(low) : `${whole(low)}${DASH}${whole(next - 1)}`;
    };
    list.replaceChildren(...lows.map((low, i) => {
      const item = items[0].cloneNode(true);
      item.querySelector("rect").setAttribute("class", `k${shade(i, lows.length)}`);
      item.lastChild.textContent = range(low, i);
      return item;
    }).reverse(), ...fixed);
  };
  const order = () => {
    const rank = ranks(counts(view.years[state.year]));
    return codes.map((_, n) => n).filter((n) => lands.has(codes[n])).sort((a, b) => (rank.get(a) ?? 999) - (rank.get(b) ?? 999) || a - b);
  };
  const say = (land) => { $("said").textContent = land ? land.getAttribute("aria-label") : ""; };
  const map = $("world-map");
  const reach = (land) => { for (const other of lands.values()) other.setAttribute("tabindex", other === land ? "0" : "-1"); };
  map.addEventListener("pointerover", (event) => say(event.target.closest("a")));
  map.addEventListener("pointerleave", () => say(null));
  map.addEventListener("focusin", (event) => { const land = event.target.closest("a"); if (land) { reach(land); say(land); } });
  map.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const list = order(), at = list.findIndex((n) => lands.get(codes[n]) === document.activeElement);
    const to = step ? at + step : event.key === "Home" ? 0 : event.key === "End" ? list.length - 1 : null;
    if (to === null || at < 0) return;
    event.preventDefault();
    lands.get(codes[list[Math.max(0, Math.min(list.length - 1, to))]]).focus();
  });

  // --- the address of a view ---
  const address = () => {
    const parts = [];
    if (state.maker >= 0) parts.push(["maker", slugs[state.maker]]);
    for (const key of ["unit", "per", "country", "sort"]) if (state[key] !== start[key]) parts.push([key, state[key]]);
    if (state.year !== start.year) parts.push(["year", view.years[state.year].id]);
    if (state.sort !== start.sort || state.down !== start.down) parts.push(["order", state.down ? "down" : "up"]);
    return parts.map(([key, text]) => `${key}=${encodeURIComponent(text)}`).join("&");
  };
  const read = () => {
    const given = new URLSearchParams(location.hash.slice(1)), found = { ...start };
    const among = (key, list) => { const at = list.indexOf(given.get(key)); return at < 0 ? null : at; };
    found.maker = among("maker", slugs) ?? -1;
    found.year = among("year", view.years.map((y) => y.id)) ?? start.year;
    for (const [key, list] of [["unit", ["hosts", "devices", "banners"]], ["per", ["people", "addresses"]], ["country", codes], ["sort", heads.map(keyOf)]]) {
      if (list.includes(given.get(key))) found[key] = given.get(key);
    }
    found.down = given.has("order") ? given.get("order") === "down" : start.down;
    if (found.maker >= 0) found.unit = "hosts";
    return found;
  };
  const show = () => {
    const maker = state.maker < 0 ? "all makers" : view.makers[state.maker];
    $("pick-maker").selectedIndex = state.maker + 1;
    $("pick-unit").value = unitWord();
    for (const option of $("pick-unit").options) option.disabled = state.maker >= 0 && option.value !== "hosts";
    $("pick-per").value = state.per;
    if ($("pick-year")) {
      $("pick-year").value = state.year;
      $("pick-year").setAttribute("aria-valuetext", view.years[state.year].id);
      $("year-said").textContent = view.years[state.year].id;
    }
    for (const [name, text] of [["year", view.years[state.year].id], ["maker", maker], ["unit", unitWord()]]) {
      document.querySelector(`.now-${name}`).textContent = text;
    }
    fillTable();
    sortTable();
    fillMap();
    codes.forEach((code, n) => rowOf(n).classList.toggle("chosen", code === state.country));
    $("permalink").href = `#${address() || "countries"}`;
  };
  const change = (parts) => {
    state = { ...state, ...parts };
    if (state.maker >= 0) state.unit = "hosts";
    show();
    history.replaceState(null, "", `#${address() || "countries"}`);
  };
  $("pick-maker").addEventListener("change", (event) => change({ maker: event.target.selectedIndex - 1 }));
  $("pick-unit").addEventListener("change", (event) => change({ unit: event.target.value }));
  $("pick-per").addEventListener("change", (event) => change({ per: event.target.value }));
  if ($("pick-year")) $("pick-year").addEventListener("input", (event) => change({ year: Number(event.target.value) }));
  const open = () => {
    if (!location.hash.includes("=")) return;
    state = read();
    show();
    if (state.country) rowOf(codes.indexOf(state.country)).scrollIntoView({ block: "center" });
    else $("countries").scrollIntoView();
  };
  window.addEventListener("hashchange", open);
  $("switches").hidden = false;
  $("tools").hidden = false;
  heads[place.rank].setAttribute("aria-sort", "ascending");
  const first = order()[0];
  if (first !== undefined) reach(lands.get(codes[first]));
  open();
})();
