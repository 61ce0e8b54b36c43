import { readFile, stat } from "node:fs/promises";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { findChromium, launchBrowser } from "./browser.ts";
import { type Stack, startStack } from "./stack.ts";

const chromiumPath = findChromium(process.env);
/** In CI a browser test that cannot run is a failure; elsewhere it is skipped. */
const mustRun = process.env.CI === "true" || process.env.CI === "1";
type Plot = ReturnType<Page["locator"]>;

/** Enough for a start that has to build the dashboard first. */
const startMs = 480_000;
/** A small run on a busy machine of two cores. */
const runMs = 300_000;

describe.skipIf(chromiumPath === null && !mustRun)("the dashboard in a browser", () => {
  let stack: Stack;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];

  // A test that fails on a narrow screen leaves it to no other.
  afterEach(() => page.setViewportSize({ width: 1440, height: 900 }));
  beforeAll(async () => {
    browser = await launchBrowser(chromiumPath);
    stack = await startStack({ environment: process.env, timeoutMs: startMs });
    context = await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true });
    page = await context.newPage();
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith("http") && url.origin !== stack.url)
        complaints.push(`left the machine: ${request.url()}`);
    });
  }, startMs);

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  }, 60_000);

  it("asks a stranger for the link, and lets the holder of the link in once", async () => {
    await page.goto(`${stack.url}/runs`);
    expect(new URL(page.url()).pathname).toBe("/login");
    await page.getByRole("heading", { name: "Open the link from the terminal" }).waitFor();
    await page.goto(stack.signInLink);
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.getByText("Nothing has run yet").waitFor();
    const stranger = await browser.newContext();
    const answer = await (await stranger.newPage()).goto(stack.signInLink);
    expect(answer?.status()).toBe(401);
    await stranger.close();
  }, 60_000);

  it("says at the field what is wrong, and launches nothing", async () => {
    await page.goto(`${stack.url}/launch/quickstart`);
    await page.getByLabel("Steps", { exact: true }).fill("15");
    await page.getByText("Must be a multiple of 10.").waitFor();
    await page.getByRole("button", { name: "Launch run" }).click();
    expect(await page.getByLabel("Steps", { exact: true }).getAttribute("aria-invalid")).toBe("true");
    expect(
      await page.getByLabel("Steps", { exact: true }).evaluate((element) => element === document.activeElement),
    ).toBe(true);
    expect(new URL(page.url()).pathname).toBe("/launch/quickstart");
  }, 60_000);

  it(
    "launches a run from the form, watches it learn, and finds it on the leaderboard",
    async () => {
      await page.goto(`${stack.url}/launch/quickstart`);
      await page.getByLabel("Size", { exact: true }).selectOption({ label: "nano" });
      for (const [label, value] of [
        ["Train images", "120"],
        ["Test images", "30"],
        ["Steps", "300"],
        ["Seeds", "7"],
      ] as const) {
        await page.getByLabel(label, { exact: true }).fill(value);
      }
      await page.getByText("--set size=nano").waitFor();
      await page.getByTestId("plan").getByText("stages to do").waitFor();
      await page.getByRole("button", { name: "Launch run" }).click();
      await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);

      const loss = page.locator("[data-curve=loss]");
      await loss.waitFor({ timeout: runMs });
      const first = await stepOf(loss);
      await expect.poll(() => stepOf(loss), { timeout: runMs, interval: 200 }).toBeGreaterThan(first);
      expect(await paintedPixels(loss)).toBeGreaterThan(50);

      await page.locator("header [data-status=succeeded]").waitFor({ timeout: runMs });
      expect(await stepOf(loss)).toBeGreaterThanOrEqual(290);
      await zoomsAndBack(page, loss);
      const score = await page.getByTestId("facts").locator("dd").first().innerText();
      expect(score).toMatch(/^\d+\.\d %$/);

      await page.getByRole("tab", { name: "Results" }).click();
      const sample = page.locator("[data-sample]").first();
      await sample.waitFor();
      await expect
        .poll(() => sample.locator("img").evaluate((image) => (image as HTMLImageElement).naturalWidth))
        .toBeGreaterThan(0);
      expect(await sample.innerText()).toMatch(/Expected[\s\S]+Full input[\s\S]+Image blanked/);

      await page.getByRole("tab", { name: "Artifacts" }).click();
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: "Download" }).first().click(),
      ]);
      expect(download.suggestedFilename()).toMatch(/\.onnx$/);
      expect((await stat(await download.path())).size).toBeGreaterThan(100_000);

      await page.getByRole("link", { name: "Leaderboard" }).click();
      const standing = page.locator("[data-standing]").first();
      await standing.waitFor();
      await expect.poll(() => standing.innerText()).toContain(score);
      expect(await page.locator("[data-control=image-blanked]").count()).toBe(1);
      await standing.getByRole("button").click();
      await page.getByRole("link", { name: "Run with seed 7" }).waitFor();
    },
    3 * runMs,
  );

  it(
    "shows why a run failed and what to do",
    async () => {
      await page.goto(`${stack.url}/launch/diagnostic`);
      await page.getByLabel("Failure", { exact: true }).selectOption({ label: "nan" });
      await page.getByRole("button", { name: "Launch run" }).click();
      const failure = page.getByTestId("failure");
      await failure.waitFor({ timeout: runMs });
      expect(await failure.innerText()).toMatch(/failed: diverged/);
      await failure.getByRole("button", { name: "Try again" }).waitFor();
    },
    runMs,
  );

  it(
    "says what a run waits for, and that it is paused",
    async () => {
      await page.goto(`${stack.url}/launch/diagnostic`);
      await page.getByLabel("Device", { exact: true }).fill("cuda");
      await page.getByRole("button", { name: "Launch run" }).click();
      await page.getByRole("list", { name: "What waits" }).getByText('no worker has the device "cuda"').waitFor();
      const address = page.url();
      await page.getByRole("link", { name: "Queue" }).click();
      const queue = page.getByRole("table", { name: "Queue" });
      const work = queue.getByRole("row", { name: /^Held back work/ });
      await work.getByText('no worker has the device "cuda"').waitFor();
      await queue.getByRole("row", { name: /^Pending check .* after work/ }).waitFor();
      await page.getByRole("radio", { name: /^Running 0/ }).click();
      await page.getByText("Nothing is running").waitFor();
      await page.getByRole("link", { name: "Show the whole line" }).click();
      await work.getByRole("spinbutton", { name: /^Priority of / }).fill("3");
      await page.keyboard.press("Enter");
      // A priority is the run's: what waits behind it has it, too.
      const check = queue.getByRole("row", { name: /^Pending check/ });
      await expect.poll(() => check.getByRole("spinbutton").inputValue()).toBe("3");
      await work.getByRole("link").click();
      await page.waitForURL(address);
      await page.getByRole("button", { name: "Pause" }).click();
      await page.locator("header [data-status=paused]").waitFor();
      await page.goto(`${stack.url}/runs?recipe=diagnostic`);
      const row = page.getByRole("table", { name: "Runs" }).locator(`[data-run="${address.split("/").at(-1)}"]`);
      await row.locator("[data-status=paused]").waitFor();
      await page.goto(address);
      await page.getByRole("button", { name: "Cancel run" }).click();
      await page.getByRole("alertdialog").getByRole("button", { name: "Cancel run" }).click();
      await page.locator("header [data-status=cancelled]").waitFor();
    },
    runMs,
  );

  it(
    "does a finished run again: all of it, from one stage on, and on from its checkpoint",
    async () => {
      await page.goto(`${stack.url}/launch/diagnostic`);
      for (const [label, value] of [
        ["Steps", "6"],
        ["Time of a step, ms", "5"],
        ["Checkpoint every", "3"],
      ] as const) {
        await page.getByLabel(label, { exact: true }).fill(value);
      }
      await page.getByRole("button", { name: "Launch run" }).click();
      await page.locator("header [data-status=succeeded]").waitFor({ timeout: runMs });
      const address = page.url();
      const again = async (stage: string, item: RegExp) => {
        await page.goto(address);
        await page.locator(`[data-stage=${stage}]:visible`).click();
        await page.getByRole("button", { name: "Do it again" }).click();
        await page.getByRole("menuitem", { name: item }).click();
      };

      await again("work", /^Reproduce it/);
      await page.waitForURL(/\/compare\?runs=/);
      const verdicts = page.getByRole("list", { name: "Stages compared" }).getByText(/equal: [1-9]/);
      await expect.poll(() => verdicts.count(), { timeout: runMs }).toBe(2);

      await again("check", /^Again from check/);
      await page.getByRole("heading", { name: /\(again from check\)$/ }).waitFor();
      await page.locator("[data-stage=work]:visible").getByText("reused").waitFor();
      expect(await page.locator("[data-stage=check]:visible").innerText()).not.toContain("reused");
      await page.locator("header [data-status=succeeded]").waitFor({ timeout: runMs });

      await again("work", /^Fork from a checkpoint of work/);
      await page.getByText("goes on from its checkpoint").waitFor();
      await page.getByLabel("Steps", { exact: true }).fill("9");
      await page.getByRole("button", { name: "Fork the run" }).click();
      await page.getByRole("heading", { name: /\(from step 6 of work\)$/ }).waitFor();
      await page.locator("header [data-status=succeeded]").waitFor({ timeout: runMs });
      await page.locator("[data-stage=work]:visible").click();
      await page.getByRole("tab", { name: "Log" }).click();
      await page.getByRole("log").getByText("Diagnostic from step 6 of 9").waitFor();
    },
    2 * runMs,
  );

  it("opens the groups of a long form on demand, and by itself where something in them is wrong", async () => {
    await page.goto(`${stack.url}/launch/llava-kd`);
    const decoder = page.locator('[data-field="student.decoder"]');
    await page.getByRole("navigation", { name: "Groups of parameters" }).getByRole("link", { name: "Student" }).click();
    expect(await decoder.getByLabel("Layers", { exact: true }).isVisible()).toBe(false);
    await decoder.locator("summary").click();
    await decoder.getByLabel("Layers", { exact: true }).fill("0");
    await page.getByRole("button", { name: "Go to student.decoder.layers" }).waitFor();
    await decoder.getByText("1 changed").waitFor();
  }, 60_000);

  it(
    "takes the teacher of a run from an earlier run, picked from a list, on a narrow screen, too",
    async () => {
      await page.goto(`${stack.url}/launch/quickstart`);
      await page.getByLabel("Size", { exact: true }).selectOption({ label: "nano" });
      for (const [label, value] of [
        ["Train images", "40"],
        ["Test images", "10"],
        ["Steps", "10"],
        ["Name (optional)", "a model to learn from"],
      ] as const) {
        await page.getByLabel(label, { exact: true }).fill(value);
      }
      await page.getByRole("button", { name: "Launch run" }).click();
      await page.locator("header [data-status=succeeded]").waitFor({ timeout: runMs });
      const source = page.url();

      await page.setViewportSize({ width: 390, height: 900 });
      await page.goto(`${stack.url}/launch/llava-kd`);
      const teacher = page.locator('[data-field="teacher"]');
      await teacher.getByRole("combobox", { name: "Teacher" }).selectOption({ label: "Taken from an earlier run" });
      await teacher.getByText("Choose a run.").waitFor();
      await teacher.getByRole("searchbox", { name: "Earlier run" }).fill("no such name");
      await teacher.getByText("No finished run that fits has left a model.").waitFor();
      await teacher.getByRole("searchbox", { name: "Earlier run" }).fill("to learn");
      const choice = teacher.getByRole("radio", { name: /^a model to learn from \d+\.\d % quickstart, seed 0/ });
      await choice.check();
      await teacher.getByText("Choose a run.").waitFor({ state: "hidden" });
      await page.getByTestId("plan").getByText("reused, done already").waitFor();
      const { unreachable, isTooWide } = await page.evaluate(scrollers);
      expect([unreachable, isTooWide]).toEqual([[], false]);
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.getByText(`--set teacher.from=run --set teacher.run=${source.split("/").at(-1)}`).waitFor();

      await page.getByRole("button", { name: "Launch run" }).click();
      await page.locator("[data-stage=teacher]:visible").getByText("earlier").waitFor();
      await page.getByRole("button", { name: "Cancel run" }).click();
      await page.getByRole("alertdialog").getByRole("button", { name: "Cancel run" }).click();
      await page.getByTestId("facts").getByRole("link", { name: "a model to learn from" }).click();
      await page.waitForURL(source);
    },
    2 * runMs,
  );

  it("names the metric of published numbers, a line a method", async () => {
    await page.goto(`${stack.url}/leaderboard?recipe=clip-ada`);
    const published = page.getByRole("table", { name: "Published elsewhere" });
    await published.getByRole("columnheader", { name: "MVTec AD Pixel AP" }).waitFor();
    expect(await published.getByRole("row", { name: /^UniAD \(unified\)/ }).innerText()).toMatch(
      /92\.5 %[\s\S]+42\.7 %/,
    );
  }, 60_000);

  it("says that a run or a sweep does not exist", async () => {
    for (const [path, noun] of [
      ["runs/00000000-0000-4000-8000-000000000000", "run"],
      ["runs/mistyped", "run"],
      ["sweeps/00000000-0000-4000-8000-000000000000", "sweep"],
    ]) {
      expect((await page.goto(`${stack.url}/${path}`))?.status()).toBe(404);
      await page.getByRole("heading", { name: `There is no such ${noun}` }).waitFor();
    }
  }, 60_000);

  it(
    "launches a sweep from the form, watches it to its end, and takes its table away",
    async () => {
      await page.goto(`${stack.url}/sweeps/new/diagnostic`);
      await page.getByText("The plan appears when something varies.").waitFor();
      await page.getByLabel("Time of a step, ms", { exact: true }).fill("2");
      await page.getByRole("button", { name: "Vary Steps" }).click();
      await page.getByLabel("Values of Steps").fill("4, 4");
      await page.getByText("4 stands there twice.").waitFor();
      expect(await page.getByRole("button", { name: /^Launch sweep/ }).isDisabled()).toBe(true);
      // Longer than a URL may be.
      await page.getByLabel("Values of Steps").fill(Array.from({ length: 2_000 }, (_, index) => index + 1).join(", "));
      await page.getByTestId("sweep-plan").getByText("2,000 points").waitFor();
      await page.getByLabel("Values of Steps").fill("4, 6");
      await page.getByLabel("Seeds", { exact: true }).fill("1, 2");
      await page.getByTestId("sweep-plan").getByText("2 points").waitFor();
      await expect.poll(() => page.getByTestId("sweep-yaml").innerText()).toMatch(/steps:[\s\S]+- 4\n[\s\S]+- 6\n/);
      await page.getByRole("button", { name: "Launch sweep of 4 runs" }).click();
      await page.waitForURL(/\/sweeps\/[0-9a-f-]{36}$/);

      await page.locator("header [data-status=finished]").waitFor({ timeout: runMs });
      await expect.poll(() => page.locator("[data-trials=succeeded]").innerText()).toMatch(/^4\s+done$/);
      await expect
        .poll(() => page.getByTestId("sweep-facts").innerText())
        .toMatch(/Best Checks passed\s[\s\S]*100\.0 %/);
      const points = page.getByRole("table", { name: "Trials" }).locator("[data-trial]");
      await expect.poll(() => points.count()).toBe(2);
      for (const point of [points.first(), points.last()])
        await expect.poll(() => point.innerText()).toMatch(/2 of 2\s+100\.0 % ± 0\.0/);
      const sweepAddress = page.url();
      await points.first().getByRole("button").click();
      await page.getByRole("list", { name: "Seeds" }).getByRole("link").first().click();
      await page.getByTestId("facts").getByRole("link", { name: "diagnostic" }).click();
      await page.waitForURL(sweepAddress);
      await page.getByRole("tab", { name: "Stages" }).click();
      await page.locator("[data-node=work]").first().waitFor();

      await page.getByRole("button", { name: "Export" }).click();
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("menuitem", { name: /^CSV/ }).click(),
      ]);
      const [head, ...rows] = (await readFile(await file.path(), "utf8")).trim().split("\r\n");
      expect(head).toContain("steps");
      expect(rows).toHaveLength(4);
    },
    runMs,
  );

  it(
    "extends a finished sweep by a seed, and takes it as the beginning of another",
    async () => {
      await page.goto(`${stack.url}/sweeps`);
      await page.getByRole("list", { name: "Sweeps" }).getByRole("link").first().click();
      await page.getByRole("button", { name: "Extend" }).click();
      const dialog = page.getByRole("dialog", { name: "Extend this sweep" });
      await dialog.getByLabel("Further seeds").fill("2");
      await dialog.getByText("The sweep has seed 2 already.").waitFor();
      await dialog.getByLabel("Further seeds").fill("3");
      await dialog.getByRole("button", { name: "Extend" }).click();
      await dialog.waitFor({ state: "hidden" });
      await expect
        .poll(() => page.locator("[data-trials=succeeded]").innerText(), { timeout: runMs })
        .toMatch(/^6\s+done$/);
      await page.locator("header [data-status=finished]").waitFor({ timeout: runMs });
      await expect.poll(() => page.getByTestId("sweep-facts").innerText()).toMatch(/Seeds\s+1, 2, 3/);

      await page.getByRole("link", { name: "Launch a variation" }).click();
      await expect.poll(() => page.getByLabel("Values of Steps").inputValue()).toBe("4, 6");
      await page.getByTestId("sweep-plan").getByText("2 points").waitFor();
    },
    runMs,
  );

  it(
    "gives a sweep that goes on another priority, which stays with it when it is cancelled",
    async () => {
      await page.getByLabel("Time of a step, ms", { exact: true }).fill("20000");
      await page.getByRole("button", { name: /^Launch sweep/ }).click();
      await page.waitForURL(/\/sweeps\/[0-9a-f-]{36}$/);
      const priority = page.getByRole("spinbutton", { name: /^Priority of/ });
      await priority.fill("5");
      await priority.press("Enter");
      await page.getByRole("tab", { name: "Settings" }).click();
      await page.getByText("priority: 5").waitFor();
      await page.getByRole("button", { name: "Cancel sweep" }).click();
      await page.getByRole("alertdialog").getByRole("button", { name: "Cancel sweep" }).click();
      await page.locator("header [data-status=cancelled]").waitFor();
      await priority.waitFor({ state: "detached" });
      await expect.poll(() => page.getByTestId("sweep-facts").innerText()).toMatch(/Priority\s+5/);
    },
    runMs,
  );

  it("makes a key that opens the door until it is revoked, and shows its secret once", async () => {
    await page.goto(stack.url);
    await page.getByRole("link", { name: "Settings" }).click();
    await page.getByLabel("Name of a new key").fill("A notebook");
    await page.getByRole("button", { name: "Make key" }).click();
    const key = await page.getByTestId("new-key").innerText();
    const statusWithKey = async () => {
      const headers = { authorization: `Bearer ${key}` };
      return (await fetch(`${stack.url}/api/trpc/projects.list`, { headers })).status;
    };
    expect(await statusWithKey()).toBe(200);
    await page.reload();
    const row = page.getByRole("list", { name: "API keys" }).getByRole("listitem").filter({ hasText: "A notebook" });
    await row.getByText("last used just now").waitFor();
    expect(await page.content()).not.toContain(key);
    await row.getByRole("button", { name: "Revoke A notebook" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Revoke key" }).click();
    await row.waitFor({ state: "detached" });
    expect(await statusWithKey()).toBe(401);
  }, 60_000);

  it("limits what a project may take, and says at the field what is wrong", async () => {
    await page.goto(`${stack.url}/settings`);
    const project = page.getByRole("form", { name: "Demo" });
    await project.getByLabel("Share").fill("0");
    await project.getByText("A number from 0.01 to 100.").waitFor();
    expect(await project.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
    await project.getByLabel("Share").fill("0.5");
    await project.getByLabel("Stages at once").fill("2");
    const saved = page.waitForResponse((response) => response.url().includes("projects.setLimits"));
    await project.getByRole("button", { name: "Save" }).click();
    expect((await saved).status()).toBe(200);
    await page.reload();
    expect(await project.getByLabel("Stages at once").inputValue()).toBe("2");
    expect(await project.getByLabel("Share").inputValue()).toBe("0.5");
  }, 60_000);

  it("lets the keyboard reach whatever scrolls, on a narrow screen, too", async () => {
    const runId = await page
      .goto(`${stack.url}/runs`)
      .then(() => page.locator("[data-run]").first().getAttribute("data-run"));
    const paths = ["/leaderboard?recipe=clip-ada", `/runs/${runId}?tab=log`, "/sweeps", "/queue", "/settings"];
    let numScrolling = 0;
    for (const width of [1440, 768, 390]) {
      await page.setViewportSize({ width, height: 900 });
      for (const path of paths) {
        await page.goto(stack.url + path, { waitUntil: "networkidle" });
        const { unreachable, scrolling, isTooWide } = await page.evaluate(scrollers);
        expect([path, width, unreachable, isTooWide]).toEqual([path, width, [], false]);
        numScrolling += scrolling;
      }
    }
    expect(numScrolling).toBeGreaterThan(0);
    await page.setViewportSize({ width: 1440, height: 900 });
  }, 120_000);

  it("threw nothing and sent nothing beyond its own server", () => expect(complaints).toEqual([]));
});

/** Within the page: which elements scroll, and which of them neither take the focus nor hold anything that does. */
function scrollers() {
  const focusable = "a[href], button, input, select, textarea, [tabindex='0']";
  const scrolling = [...document.querySelectorAll<HTMLElement>("body *")].filter((element) => {
    const { overflowX, overflowY } = getComputedStyle(element);
    const wide = /auto|scroll/.test(overflowX) && element.scrollWidth > element.clientWidth + 1;
    const high = /auto|scroll/.test(overflowY) && element.scrollHeight > element.clientHeight + 1;
    return element.clientWidth > 0 && (wide || high);
  });
  const unreachable = scrolling.filter((element) => element.tabIndex < 0 && element.querySelector(focusable) === null);
  return {
    scrolling: scrolling.length,
    unreachable: unreachable.map((element) => element.outerHTML.slice(0, 200)),
    isTooWide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  };
}

/** Dragging shows fewer steps, larger; the button and the key bring all of them back. */
async function zoomsAndBack(page: Page, plot: Plot): Promise<void> {
  const picture = () => plot.locator("canvas").evaluate((element) => (element as HTMLCanvasElement).toDataURL());
  await page.mouse.move(0, 0);
  const all = await picture();
  const box = (await plot.locator("canvas").boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.4, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  await page.getByRole("button", { name: "Show all steps" }).waitFor();
  await expect.poll(picture).not.toBe(all);
  await page.getByRole("button", { name: "Show all steps" }).click();
  await expect.poll(picture).toBe(all);
  await plot.getByRole("img").focus();
  await page.keyboard.press("+");
  await expect.poll(picture).not.toBe(all);
  await page.keyboard.press("0");
  await expect.poll(picture).toBe(all);
}

/** The step that a plot tells beside its title. */
async function stepOf(plot: Plot): Promise<number> {
  const [, digits = ""] = /step ([\d,]+)/.exec(await plot.innerText()) ?? [];
  return Number(digits.replaceAll(",", ""));
}

/** How many pixels of a plot have the colour of the first series. */
function paintedPixels(plot: Plot): Promise<number> {
  return plot.locator("canvas").evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    let painted = 0;
    for (let at = 0; at < data.length; at += 4) if (data[at + 2]! > data[at]! + 60 && data[at + 3]! > 100) painted += 1;
    return painted;
  });
}
