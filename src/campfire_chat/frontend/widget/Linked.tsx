/** Plain text in which addresses can be followed; never markup. */
export function Linked({ body }: { body: string }) {
  // What ends a sentence or closes a bracket around it is not part of an address.
  return body.split(/(https?:\/\/[^\s<>"]*[^\s<>".,:;!?')\]}])/).map((part, index) =>
    index % 2 ? (
      <a href={part} target="_blank" rel="noopener noreferrer nofollow">
        {part}
      </a>
    ) : (
      part
    ),
  );
}
