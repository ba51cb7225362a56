/** Ends before punctuation that belongs to the sentence rather than to the address. */
const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g;

/** Plain text whose web addresses can be followed. */
export function Linked({ body }: { body: string }) {
  const parts: (string | preact.JSX.Element)[] = [];
  let end = 0;
  for (const match of body.matchAll(LINK)) {
    const [address] = match;
    parts.push(
      body.slice(end, match.index),
      <a href={address} target="_blank" rel="noopener noreferrer nofollow">
        {address}
      </a>,
    );
    end = match.index + address.length;
  }
  return (
    <>
      {parts}
      {body.slice(end)}
    </>
  );
}
