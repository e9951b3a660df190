/** Makes a side available to the process that drives the page (bench/src/peers/inBrowser.ts). */
export function offer(server) {
  globalThis.side = {
    describe: () => server.describe(),

    async prepare() {
      const [manifest, bytes] = await Promise.all([
        fetch('/start.json').then((response) => response.json()),
        fetch('/start.bin').then((response) => response.arrayBuffer()),
      ]);
      await server.prepare(manifest, bytes);
    },

    /** The gradients go back as the body of a request. */
    async differentiate() {
      const { loss, gradients } = await server.differentiate();
      await fetch('/gradients', { method: 'POST', body: new Blob(gradients) });
      return loss;
    },

    run: (steps) => server.run(steps),
  };
}

/** Threads that the page may use: those that its address asks for, where it is isolated. */
export const threads = Number(new URL(location.href).searchParams.get('threads'));
