// Charts of the operator pages, from the tables that stand behind them: what is drawn is what is told.
import { BarController, BarElement, CategoryScale, Chart, Legend, LinearScale, LineController, LineElement, PointElement, Tooltip } from "chart.js";

Chart.register(BarController, BarElement, CategoryScale, Legend, LinearScale, LineController, LineElement, PointElement, Tooltip);

const COLOURS = ["#0b7d74", "#c2702c", "#5b6bbf", "#a8456f", "#7a8b2f", "#777f86"];

/** A figure is `<figure data-chart="line|bar|stacked"><canvas></canvas><table>…</table></figure>`: rows by labels, columns by series. */
function draw(figure: HTMLElement): void {
  const table = figure.querySelector("table");
  const canvas = figure.querySelector("canvas");
  if (!table || !canvas) return;
  const text = (cell: Element | undefined) => cell?.textContent?.trim() ?? "";
  const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
  const names = [...(table.tHead?.rows[0]?.cells ?? [])].slice(1).map(text);
  const kind = figure.dataset["chart"];
  const style = getComputedStyle(figure);
  const across = figure.dataset["across"] === "true";
  const values = names.map((_, at) => rows.map((row) => { const value = text(row.cells[at + 1]); return value === "" || value === "—" ? null : Number(value); }));
  if (!values.flat().some((value) => value !== null)) { // nothing that may be shown: the table says why
    canvas.parentElement!.hidden = true;
    figure.querySelector("details")!.open = true;
    return;
  }
  if (across) canvas.parentElement!.style.height = `${rows.length * 30 + 46}px`;
  new Chart(canvas, {
    type: kind === "line" ? "line" : "bar",
    data: {
      labels: rows.map((row) => text(row.cells[0])),
      datasets: names.map((label, at) => ({
        label,
        data: values[at]!,
        borderColor: COLOURS[at % COLOURS.length], backgroundColor: COLOURS[at % COLOURS.length], borderWidth: kind === "line" ? 2 : 0,
        pointRadius: 2, spanGaps: true, maxBarThickness: 22,
      })),
    },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      indexAxis: across ? "y" : "x",
      scales: {
        x: { stacked: kind === "stacked", beginAtZero: true, ticks: { color: style.color, maxRotation: 0, precision: 0 }, grid: { display: false } },
        y: { stacked: kind === "stacked", beginAtZero: true, ticks: { color: style.color, precision: kind === "line" ? undefined : 0 } },
      },
      plugins: { legend: { display: names.length > 1, labels: { color: style.color, boxWidth: 14 } } },
    },
  });
}

document.querySelectorAll<HTMLElement>("figure[data-chart]").forEach(draw);
