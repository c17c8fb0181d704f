
(() => {
  "use strict";
  const table = document.getElementById("country-table");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const heads = Array.from(table.tHead.rows[0].cells);
  const collator = new Intl.Collator("en", { sensitivity: "base" });

  // A missing number is null, and stays last whichever way the rest is sorted.
  const key = (row, column, kind) => {
    const cell = row.cells[column];
    if (kind === "text") return cell.textContent.trim();
    return cell.dataset.v === undefined ? null : Number(cell.dataset.v);
  };

  const sort = (column, direction) => {
    const kind = heads[column].dataset.sort;
    const keyed = rows.map((row, place) => ({ row, place, key: key(row, column, kind) }));
    keyed.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || a.place - b.place;
      const order = kind === "text" ? collator.compare(a.key, b.key) : a.key - b.key;
      return direction * order || a.place - b.place;
    });
    body.append(...keyed.map((item) => item.row));
    heads.forEach((head, place) => {
      if (place === column) head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
  };

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const now = head.getAttribute("aria-sort");
      const first = head.dataset.sort === "down" ? -1 : 1;
      sort(column, now === null ? first : now === "ascending" ? -1 : 1);
    });
  });
  heads[0].setAttribute("aria-sort", "ascending");

  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();
  const search = document.getElementById("search");
  const found = document.getElementById("found");
  search.addEventListener("input", () => {
    const wanted = fold(search.value);
    let shown = 0;
    for (const row of rows) {
      const name = fold(row.cells[1].textContent);
      const code = fold(row.cells[2].textContent);
      row.hidden = !(name.includes(wanted) || code === wanted);
      shown += row.hidden ? 0 : 1;
    }
    found.textContent = wanted ? `${shown} of ${rows.length}` : "";
  });
  document.getElementById("tools").hidden = false;
})();
