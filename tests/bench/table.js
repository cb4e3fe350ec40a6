// What came of the slices, each divided by the nginx slice next to it.
export class Table {
  #title;
  #rows = new Map();

  constructor(title) {
    this.#title = title;
  }

  add(name, slice, nginx) {
    const row = this.#rows.get(name) ?? [];
    row.push({ ...slice, throughput: slice.rate / nginx.rate, time: slice.micros / nginx.micros });
    this.#rows.set(name, row);
  }

  toString() {
    const bare = this.#rows.get("bare");
    const headings = ["", "requests/s", "of nginx", "µs a request", "of nginx", "of bare", "p99 ms"];
    const rows = [...this.#rows].map(([name, row]) => {
      const of = (key) => row.map((slice) => slice[key]);
      return [
        name,
        Math.round(median(of("rate"))).toString(),
        spread(of("throughput")),
        median(of("micros")).toFixed(1),
        spread(of("time")),
        bare ? (median(of("time")) / median(bare.map((slice) => slice.time))).toFixed(2) : "",
        told(median(of("p99"))),
      ];
    });
    return `\n${this.#title}\n\n${lines(headings, rows)}\n`;
  }
}

/** How long answers took, of all rounds together. */
export class Times {
  #title;
  #rows = new Map();

  constructor(title) {
    this.#title = title;
  }

  add(name, micros) {
    this.#rows.set(name, [...(this.#rows.get(name) ?? []), ...micros]);
  }

  toString() {
    const headings = ["", "answers", "median µs", "p90", "p99", "p99.9"];
    const rows = [...this.#rows].map(([name, times]) => {
      const sorted = times.toSorted((a, b) => a - b);
      const at = (part) => sorted[Math.floor((sorted.length - 1) * part)].toString();
      return [name, sorted.length.toString(), ...[0.5, 0.9, 0.99, 0.999].map(at)];
    });
    return `\n${this.#title}\n\n${lines(headings, rows)}\n`;
  }
}

function lines(headings, rows) {
  return [headings, headings.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** What the load does not tell is left out. */
function told(milliseconds) {
  return Number.isNaN(milliseconds) ? "" : milliseconds.toFixed(2);
}

function spread(values) {
  const shown = [median(values), Math.min(...values), Math.max(...values)].map((it) => it.toFixed(2));
  return `${shown[0]} (${shown[1]} to ${shown[2]})`;
}
