// The browser's microphone, recorded as Opus. What the core does not take apart is not recorded in the first place.
import type { Microphone, Take } from "../state/recording.svelte";

const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus"];

export const microphone: Microphone = {
  async open() {
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    if (mimeType === undefined) throw new Error("this browser records no Opus");
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    return take(stream, new MediaRecorder(stream, { mimeType }));
  },
};

function take(stream: MediaStream, recorder: MediaRecorder): Take {
  const pieces: Blob[] = [];
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  const samples = new Float32Array(analyser.fftSize);
  context.createMediaStreamSource(stream).connect(analyser);
  recorder.ondataavailable = (event) => pieces.push(event.data);
  recorder.start();

  function end(): void {
    for (const track of stream.getTracks()) track.stop();
    void context.close();
  }

  return {
    pause: () => recorder.pause(),
    resume: () => recorder.resume(),
    level() {
      analyser.getFloatTimeDomainData(samples);
      return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    },
    finish: () =>
      new Promise((resolve) => {
        recorder.onstop = () => {
          end();
          resolve(new Blob(pieces, { type: recorder.mimeType }));
        };
        recorder.stop();
      }),
    discard() {
      recorder.onstop = null;
      recorder.stop();
      end();
    },
  };
}
