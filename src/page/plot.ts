/**
 * The plot of a rate over five minutes: two lines in an SVG.
 *
 * @module
 */

import { element, shape } from "./elements.ts";
import { KEPT_MS, type Sample } from "../reconcile/status/rate_meter.ts";
import { rateText } from "./texts.ts";

const WIDTH = 300;
const HEIGHT = 60;

/** Draws samples up to `now`. */
export function plot(samples: readonly Sample[], now: number): HTMLElement {
  const most = Math.max(0, ...samples.filter(({ time }) => time > now - KEPT_MS).flatMap((one) => [one.in, one.out]));
  const last = samples.at(-1);
  const words = `${rateText(last?.in ?? 0) || "0"} in, ${rateText(last?.out ?? 0) || "0"} out`;
  const picture = shape("svg", {
    class: "plot",
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": `Rate over five minutes: now ${words}, at most ${rateText(most) || "0"}`,
  }, [
    shape("polyline", { class: "in", points: pointsOf(samples, { now, most, field: "in" }) }),
    shape("polyline", { class: "out", points: pointsOf(samples, { now, most, field: "out" }) }),
  ]);
  return element("div", {}, [
    picture,
    element("div", { class: "faint" }, [
      element("span", { class: "key-in" }, ["— in"]),
      " ",
      element("span", { class: "key-out" }, ["┅ out"]),
      ` · now ${words} · at most ${rateText(most) || "0"}`,
    ]),
  ]);
}

/** A step for each sample: a rate holds until the next one. */
function pointsOf(
  samples: readonly Sample[],
  { now, most, field }: { readonly now: number; readonly most: number; readonly field: "in" | "out" },
): string {
  const x = (time: number) => Math.round(Math.max(0, WIDTH - (now - time) * WIDTH / KEPT_MS) * 10) / 10;
  const y = (rate: number) => Math.round((HEIGHT - 2 - rate * (HEIGHT - 4) / Math.max(1, most)) * 10) / 10;
  let before = 0;
  const points = [`0,${y(0)}`];
  for (const sample of samples) {
    if (sample.time > now - KEPT_MS) {
      points.push(`${x(sample.time)},${y(before)}`, `${x(sample.time)},${y(sample[field])}`);
    }
    before = sample[field];
  }
  return [...points, `${WIDTH},${y(before)}`].join(" ");
}
