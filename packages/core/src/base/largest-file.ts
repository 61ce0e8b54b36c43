/** Most bytes that Node's readFile() takes, and that protobuf, in which ONNX is written, allows in one message. */
export const LARGEST_FILE_BYTES = 2 ** 31 - 1;
