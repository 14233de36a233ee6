// Tables of records: filter by typing, sort by clicking a heading. Without scripts the tables stay complete.
document.querySelectorAll("table.records").forEach((table) => {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const box = document.createElement("input");
  box.type = "search";
  box.className = "records-filter";
  box.placeholder = `Filter ${rows.length} records`;
  box.setAttribute("aria-label", "Filter records");
  box.addEventListener("input", () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    rows.forEach((row) => {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    });
  });
  table.closest(".scroll").before(box);
  Array.from(table.tHead.rows[0].cells).forEach((heading, column) => {
    const sort = () => {
      const up = heading.getAttribute("aria-sort") !== "ascending";
      Array.from(table.tHead.rows[0].cells).forEach((cell) => cell.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", up ? "ascending" : "descending");
      const order = new Intl.Collator("en", { numeric: true });
      const value = (row) => row.cells[column].textContent;
      rows.sort((a, b) => {
        const difference = Number(value(a)) - Number(value(b));
        return (up ? 1 : -1) * (Number.isNaN(difference) ? order.compare(value(a), value(b)) : difference);
      });
      body.append(...rows);
    };
    heading.tabIndex = 0;
    heading.addEventListener("click", sort);
    heading.addEventListener("keydown", (event) => event.key === "Enter" && sort());
  });
});
