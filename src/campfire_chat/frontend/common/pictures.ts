/**
 * Pictures of people, from addresses that the host named or let its users choose.
 *
 * A picture is asked for with nobody's cookies, so that an address such as `/logout` does nothing
 * in the name of whoever looks at it. An `img` alone cannot do that on the page's own origin: there
 * the picture is fetched. From elsewhere it is asked for by CORS, which leaves cookies out after
 * any redirect as well. The place that asks is named to nobody.
 */

/** Bytes of a picture on the page's own origin. */
const LARGEST = 1_000_000;

const fetched = new Map<string, Promise<string>>();

/** Shows a picture once it is there; until then, and when it is not to be had, the element hides. */
export function showPicture(image: HTMLImageElement, url: string): void {
  if (image.dataset["url"] === url) return;
  image.dataset["url"] = url;
  image.hidden = true;
  image.crossOrigin = "anonymous";
  image.referrerPolicy = "no-referrer";
  image.onload = () => (image.hidden = false);
  source(url).then(
    (address) => {
      if (image.dataset["url"] === url) image.src = address;
    },
    () => image.removeAttribute("src"),
  );
}

async function source(url: string): Promise<string> {
  const { protocol, origin, href } = new URL(url, location.href);
  if (/^data:image\//i.test(href)) return href;
  if (protocol !== "https:" && protocol !== "http:") throw new Error(protocol);
  if (origin !== location.origin) return href;
  let picture = fetched.get(href);
  if (!picture) fetched.set(href, (picture = load(href)));
  return picture;
}

async function load(href: string): Promise<string> {
  const answer = await fetch(href, { credentials: "omit", referrerPolicy: "no-referrer" });
  const picture = await answer.blob();
  if (!answer.ok || !picture.type.startsWith("image/") || picture.size > LARGEST) {
    throw new Error(href);
  }
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Error(href));
    reader.readAsDataURL(picture);
  });
}
