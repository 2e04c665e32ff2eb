// PDF files drawn into pictures: parsed in a worker, none of what they bring along is ever run or shown as a document.
import {
  getDocument,
  GlobalWorkerOptions,
  type PDFDocumentProxy,
  type RenderTask,
} from "pdfjs-dist/legacy/build/pdf.mjs";
import worker from "pdfjs-dist/legacy/build/pdf.worker.min.mjs?url";

GlobalWorkerOptions.workerSrc = worker;

/** Points of a picture in a file, and of a page as it is drawn. */
const IMAGE_PIXELS = 64_000_000;
const PAGE_PIXELS = 16_000_000;
/** Where the build puts what few files need: fonts that they only name, and tables of scripts. */
const BESIDE = "/pdf";

export interface Drawn {
  width: number;
  height: number;
  /** What the page says, for a screen reader. */
  text: string;
}

/** An open file; `close` ends its worker, whatever that is at. */
export class Pdf {
  private constructor(
    private readonly file: PDFDocumentProxy,
    private readonly end: () => Promise<void>,
  ) {}

  /** Opens the file at an address of ours; rejects when it is no such file, or needs a password. */
  static async open(address: string, gone: AbortSignal): Promise<Pdf> {
    const answer = await fetch(address, { signal: gone });
    if (!answer.ok) throw new Error(answer.statusText);
    const data = new Uint8Array(await answer.arrayBuffer());
    gone.throwIfAborted();
    const loading = getDocument({
      data,
      cMapUrl: `${BESIDE}/cmaps/`,
      standardFontDataUrl: `${BESIDE}/standard_fonts/`,
      wasmUrl: `${BESIDE}/wasm/`,
      useWasm: false, // the page's policy lets none run
      enableXfa: false,
      stopAtErrors: false,
      maxImageSize: IMAGE_PIXELS,
      canvasMaxAreaInBytes: PAGE_PIXELS * 4,
      verbosity: 0,
    });
    gone.addEventListener("abort", () => void loading.destroy());
    loading.onPassword = () => void loading.destroy();
    return new Pdf(await loading.promise, () => loading.destroy());
  }

  get pages(): number {
    return this.file.numPages;
  }

  /** Draws a page as wide as is asked, in points of the screen. */
  async draw(number: number, canvas: HTMLCanvasElement, width: number, density: number): Promise<Drawn> {
    const page = await this.file.getPage(number);
    const whole = page.getViewport({ scale: 1 });
    const wanted = (width / whole.width) * density;
    const most = Math.sqrt(PAGE_PIXELS / (whole.width * whole.height));
    const viewport = page.getViewport({ scale: Math.min(wanted, most) });
    [canvas.width, canvas.height] = [Math.ceil(viewport.width), Math.ceil(viewport.height)];
    const task: RenderTask = page.render({ canvas, viewport });
    await task.promise;
    const { items } = await page.getTextContent();
    const text = items.map((item) => ("str" in item ? item.str + (item.hasEOL ? "\n" : "") : "")).join("");
    page.cleanup();
    return { width: viewport.width, height: viewport.height, text };
  }

  async close(): Promise<void> {
    await this.end();
  }
}
