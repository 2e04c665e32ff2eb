// Runs inside the page, before anything else of it: takes times from the press to the end of the frame that shows it.
window.probes = (() => {
  /** Resolves when a frame that was asked for now is done. */
  const painted = () =>
    new Promise((resolve) =>
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => resolve(performance.now());
        channel.port2.postMessage(null);
      }),
    );

  /** Waits, frame by frame, until something is there. */
  const until = async (there) => {
    while (!there()) await new Promise((resolve) => requestAnimationFrame(resolve));
    return painted();
  };

  /** Counts messages as they come in, before the page sees them. */
  window.WebSocket = class extends WebSocket {
    constructor(...where) {
      super(...where);
      this.addEventListener("message", ({ data }) => {
        probes.arrived += data.slice(0, 120).includes('"messageArrived"');
      });
    }
  };

  const probes = {
    echoes: [],
    arrived: 0,

    shown: (selector) => until(() => document.querySelector(selector) !== null),

    scripts: () =>
      [...new Set(performance.getEntriesByType("resource").map((entry) => entry.name))].filter((url) =>
        /\.js$/.test(url),
      ),

    async switched(place) {
      const rows = [...document.querySelectorAll("nav button.row")];
      const row = rows[place];
      const name = row.querySelector(".name").textContent;
      const began = performance.now();
      row.click();
      const there = () =>
        document.querySelector("section header .title")?.textContent.trim() === name &&
        document.querySelector("article, .none") !== null;
      return (await until(there)) - began;
    },

    listen() {
      probes.echoes = [];
      addEventListener(
        "keydown",
        (event) => void painted().then((done) => probes.echoes.push(done - event.timeStamp)),
        true,
      );
    },

    /** Scrolls to the beginning as fast as a wheel turns; returns how long each frame took. */
    async scrolled(pixels) {
      const list = document.querySelector(".messages [tabindex]");
      const frames = [];
      let before = await new Promise(requestAnimationFrame);
      for (let still = 0; still < 90;) {
        list.scrollTop -= pixels;
        const now = await new Promise(requestAnimationFrame);
        frames.push(now - before);
        before = now;
        still = list.scrollTop <= 0 ? still + 1 : 0;
      }
      return frames;
    },
  };
  return probes;
})();
