(() => {
  "use strict";
  // The page is whole without this script. It sorts, searches, and shows another snapshot, unit or maker; every number
  // and every class of the map comes computed and written out in the element "view".
  const view = JSON.parse(document.getElementById("view").textContent);
  const $ = (id) => document.getElementById(id);
  const table = $("country-table"), body = table.tBodies[0], heads = Array.from(table.tHead.rows[0].cells);
  const rowOf = (code) => (code ? $(`country-${code}`) : table.tFoot.querySelector(".world"));
  const codes = [...view.codes, ""];  // the world is last
  const rows = view.codes.map(rowOf).filter((row) => row.parentNode === body);
  const newest = view.years.length - 1;
  const start = { maker: "", unit: view.unit, year: newest, per: "", country: "", sort: "rank", down: false };
  let state = { ...start };
  const measure = () => state.maker || state.unit;
  const split = (column) => (Array.isArray(column) ? column : column === "n/a" ? codes.map(() => "n/a") : column.split("|"));

  // --- the table ---
  const columns = () => {
    const year = view.years[state.year], own = year.views[measure()], found = { share: year.share, ...own, agreed: year.agreed, trend: view.trends[measure()] };
    for (const unit of ["hosts", "devices", "banners"]) found[unit] = state.maker ? (unit === "hosts" ? own.count : null) : year.views[unit].count;
    for (const head of heads) if (head.dataset.key in view.makers) found[head.dataset.key] = year.views[head.dataset.key].count;
    return found;
  };
  const fillTable = () => {
    const found = columns();
    heads.forEach((head, column) => {
      const key = head.dataset.key;
      if (!(key in found)) return;
      const texts = found[key] === null ? null : split(found[key]);
      codes.forEach((code, n) => {
        const cell = rowOf(code).cells[column], text = texts ? texts[n] : "\u2013";
        if (key !== "trend") { cell.textContent = text.replace(/^-/, "\u2212") || (key === "rank" ? "" : "n/a"); return; }
        const [value, ...paths] = text.split(";");
        cell.dataset.v = value;
        paths.forEach((path, i) => cell.querySelectorAll("path")[i].setAttribute("d", path));
      });
    });
    const year = view.years[state.year], unit = state.maker ? "hosts" : state.unit;
    const notes = { rank: `by ${unit}`, people: `${unit}, people`, addresses: `${unit}, IPv4 addresses`, change: `${unit} ${year.since}`,
      percent: year.since, trend: unit, share: `% of hosts, ${state.maker ? view.makers[state.maker] : "largest"}` };
    for (const head of heads) if (head.dataset.key in notes) head.querySelector("small").textContent = notes[head.dataset.key];
    $("caveat").textContent = year.caveat;
  };

  // --- sorting and searching ---
  const collator = new Intl.Collator("en", { sensitivity: "base" });
  const numberIn = (cell) => {
    const text = cell.dataset.v ?? cell.textContent.replaceAll(",", "").replace("\u2212", "-");
    const found = text.match(/-?\d+(\.\d+)?(?=%| \(\d|$)/);
    return found ? Number(found[0]) : null;
  };
  const sortTable = () => {
    const column = heads.findIndex((head) => head.dataset.key === state.sort), isText = heads[column].dataset.sort === "text";
    const keyed = rows.map((row, at) => ({ row, at, key: isText ? row.cells[column].textContent.trim() : numberIn(row.cells[column]) }));
    keyed.sort((a, b) => {
      // A missing number stays last whichever way the rest is sorted.
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || a.at - b.at;
      const order = isText ? collator.compare(a.key, b.key) : a.key - b.key;
      return (state.down ? -order : order) || a.at - b.at;
    });
    body.append(...keyed.map((item) => item.row));
    for (const head of heads) head.removeAttribute("aria-sort");
    heads[column].setAttribute("aria-sort", state.down ? "descending" : "ascending");
  };
  for (const head of heads) {
    const button = document.createElement("button"), key = head.dataset.key;
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => change({ sort: key, down: state.sort === key ? !state.down : head.dataset.sort === "down" }));
  }
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();
  $("search").addEventListener("input", (event) => {
    const wanted = fold(event.target.value);
    for (const row of rows) row.hidden = !(fold(row.cells[1].textContent).includes(wanted) || fold(row.cells[2].textContent) === wanted);
    $("found").textContent = wanted ? `${rows.filter((row) => !row.hidden).length} of ${rows.length}` : "";
  });

  // --- the map ---
  const map = $("world-map"), shapes = new Map(Array.from(map.querySelectorAll("a"), (a) => [a.dataset.c, a]));
  const LOOKS = { n: "none", f: "few", o: "out" };
  const fillMap = () => {
    const own = view.years[state.year].views[measure()], [looks, legend] = own.maps[state.per];
    const counts = split(own.count), ranks = split(own.rank), rates = state.per ? split(own[state.per]) : null;
    view.codes.forEach((code, n) => {
      const shape = shapes.get(code), name = rowOf(code).cells[1].querySelector("a")?.textContent;
      if (!shape || looks[n] === "o") return;
      for (const part of shape.querySelectorAll("path, circle")) part.setAttribute("class", LOOKS[looks[n]] ?? `k${looks[n]}`);
      const per = rates ? `; ${rates[n] || "n/a"} per ${state.per === "people" ? "100,000 people" : "million IPv4 addresses"}` : "";
      const rank = ranks[n] ? `, rank ${ranks[n].split(" ")[0]}` : "";
      const figures = counts[n] === "0" ? "none found" : counts[n] === "\u2013" ? "not shown" : `${counts[n]} ${state.maker ? "hosts" : state.unit}${rank}${per}`;
      shape.querySelector("title").textContent = `${name}: ${figures}`;
      shape.setAttribute("aria-label", `${name}: ${figures}`);
      shape.classList.toggle("chosen", code === state.country);
    });
    const items = Array.from($("legend").children);
    $("legend").replaceChildren(...legend.map((entry) => {
      const item = items[0].cloneNode(true);
      item.querySelector("rect").setAttribute("class", `k${entry[0]}`);
      item.lastChild.textContent = entry.slice(1);
      return item;
    }), ...items.slice(-4));
  };
  const order = () => {
    const ranks = split(view.years[state.year].views[measure()].rank).map((rank) => parseInt(rank, 10) || 999);
    return view.codes.map((_, n) => n).filter((n) => shapes.has(view.codes[n])).sort((a, b) => ranks[a] - ranks[b] || a - b).map((n) => shapes.get(view.codes[n]));
  };
  const say = (shape) => { $("map-status").textContent = shape ? shape.getAttribute("aria-label") : ""; };
  const reach = (shape) => { for (const other of shapes.values()) other.setAttribute("tabindex", other === shape ? "0" : "-1"); };
  map.addEventListener("pointerover", (event) => say(event.target.closest("a")));
  map.addEventListener("pointerleave", () => say(null));
  map.addEventListener("focusin", (event) => { const shape = event.target.closest("a"); if (shape) { reach(shape); say(shape); } });
  map.addEventListener("keydown", (event) => {
    const list = order(), at = list.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: list.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    list[Math.max(0, Math.min(list.length - 1, to))].focus();
  });

  // --- the address of a view ---
  const address = () => {
    const parts = state.maker ? [["maker", state.maker.slice("maker-".length)]] : [];
    for (const key of ["unit", "per", "country", "sort"]) if (state[key] !== start[key]) parts.push([key, state[key]]);
    if (state.year !== start.year) parts.push(["year", view.years[state.year].id]);
    if (state.sort !== start.sort || state.down !== start.down) parts.push(["order", state.down ? "down" : "up"]);
    return parts.map(([key, text]) => `${key}=${encodeURIComponent(text)}`).join("&");
  };
  const read = () => {
    const given = new URLSearchParams(location.hash.slice(1)), found = { ...start };
    const known = { unit: ["hosts", "devices", "banners"], per: ["people", "addresses"], country: view.codes, sort: heads.map((head) => head.dataset.key) };
    for (const key in known) if (known[key].includes(given.get(key))) found[key] = given.get(key);
    if (`maker-${given.get("maker")}` in view.makers) found.maker = `maker-${given.get("maker")}`;
    const year = view.years.findIndex((one) => one.id === given.get("year"));
    return { ...found, year: year < 0 ? newest : year, down: given.get("order") === "down" };
  };
  const show = () => {
    if (state.maker) state.unit = "hosts";
    const id = view.years[state.year].id;
    $("pick-maker").value = state.maker;
    $("pick-unit").value = state.unit;
    for (const option of $("pick-unit").options) option.disabled = state.maker !== "" && option.value !== "hosts";
    $("pick-per").value = state.per;
    if ($("pick-year")) {
      $("pick-year").value = state.year;
      $("pick-year").setAttribute("aria-valuetext", id);
      $("year-shown").textContent = id;
    }
    document.querySelector(".now-year").textContent = id;
    document.querySelector(".now-maker").textContent = state.maker ? view.makers[state.maker] : "all makers";
    document.querySelector(".now-unit").textContent = state.unit;
    fillTable();
    sortTable();
    fillMap();
    for (const code of view.codes) rowOf(code).classList.toggle("chosen", code === state.country);
    $("permalink").href = `#${address() || "countries"}`;
  };
  const change = (parts) => {
    state = { ...state, ...parts };
    show();
    history.replaceState(null, "", `#${address() || "countries"}`);
  };
  for (const [id, key] of [["pick-maker", "maker"], ["pick-unit", "unit"], ["pick-per", "per"]]) {
    $(id).addEventListener("change", (event) => change({ [key]: event.target.value }));
  }
  $("pick-year")?.addEventListener("input", (event) => change({ year: Number(event.target.value) }));
  const open = () => {
    if (!location.hash.includes("=")) return;
    state = read();
    show();
    (state.country ? rowOf(state.country) : $("countries")).scrollIntoView(state.country ? { block: "center" } : {});
  };
  window.addEventListener("hashchange", open);
  $("switches").hidden = $("tools").hidden = false;
  heads[0].setAttribute("aria-sort", "ascending");
  reach(order()[0]);
  open();
})();
