import glueUrl from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { env } from 'onnxruntime-web/wasm';
import { runtimeBytes } from './runtimeSize.js';
import { availableThreads } from './threads.js';

/**
 * Loads ONNX Runtime's WebAssembly from this site and says how far it is; the browser's cache keeps it for the next
 * run. To be called before anything is computed.
 * @param progress called with the bytes received and the bytes expected, uncompressed
 * @returns the number of threads that training will use: 1 where the page is not cross-origin isolated
 * @throws Error when the file cannot be loaded
 */
export async function loadRuntime(progress: (received: number, total: number) => void): Promise<number> {
  const response = await fetch(wasmUrl);
  if (!response.ok || !response.body)
    throw new Error(`${wasmUrl}: ${response.status} ${response.statusText}`);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let received = 0;
  progress(0, runtimeBytes);
  for await (const piece of piecesOf(response.body)) {
    pieces.push(piece);
    received += piece.byteLength;
    progress(received, runtimeBytes);
  }
  env.wasm.wasmBinary = await new Blob(pieces).arrayBuffer();
  // The glue is also the script of the threads, so it has to be a file of its own.
  env.wasm.wasmPaths = { mjs: new URL(glueUrl, location.href) };
  env.wasm.numThreads = availableThreads();
  return env.wasm.numThreads;
}

/** Not every browser can iterate over a stream. */
async function* piecesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
}
