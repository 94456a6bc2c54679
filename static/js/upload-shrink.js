// Makes a photograph or scan over the limit smaller, in the browser: nothing is sent before its owner has agreed.

const AIM = 3.2 * 1024 * 1024; // bytes; 「约 3 MB」
const STEPS = [[4096, 0.85], [3508, 0.85], [3508, 0.75], [2976, 0.75], [2480, 0.75], [2480, 0.6]]; // longest side and quality; A4 at 210 dpi has 2480
const SHORT_SIDE = 0.7; // of the longest, as A4 has it: a long screenshot keeps its width, or its text could not be read
const MOST_PIXELS = 16 * 1024 * 1024; // of a canvas in Safari

export const canShrink = (file) => /^image\/(jpeg|png|gif|bmp)$/.test(file.type);

/** The picture as an upright JPEG of some 3 MB under the same name. Rejects when the browser cannot open it. */
export async function shrunk(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  let blob = null;
  try {
    for (const [longest, quality] of STEPS) {
      blob = await drawn(picture, longest, quality);
      if (blob.size <= AIM) break;
    }
  } finally {
    picture.close();
  }
  return new File([blob], file.name.replace(/(\.[^.]*)?$/, ".jpg"), { type: "image/jpeg", lastModified: file.lastModified });
}

function drawn(picture, longest, quality) {
  const { width, height } = picture;
  const wanted = Math.max(longest / Math.max(width, height), (longest * SHORT_SIDE) / Math.min(width, height));
  const scale = Math.min(1, wanted, Math.sqrt(MOST_PIXELS / (width * height)));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d", { alpha: false });
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large for a canvas"))), "image/jpeg", quality);
  });
}
