// A small file of countries in MaxMind's format 2.0, for what a server is to read: IPv4 networks alone.
const kText = 2, kUint16 = 5, kUint32 = 6, kMap = 7, kUint64 = 9, kArray = 11;
const kSeparatorBytes = 16;

const head = (type, size) => (type < 8 ? [(type << 5) | size] : [size, type - 7]);
const text = (of) => [...head(kText, of.length), ...Buffer.from(of)];
const number = (type, value) => {
  const bytes = [];
  for (; value > 0; value = Math.floor(value / 256)) bytes.unshift(value % 256);
  return [...head(type, bytes.length), ...bytes];
};

// `networks`: {"203.0.113.0/24": "DE", …}, none inside another.
export function mmdbOf(networks) {
  const nodes = [[null, null]];  // of each side: a node's number, {offset} of a network, or null
  const data = [];
  for (const [block, country] of Object.entries(networks)) {
    const [address, bits] = block.split("/");
    const bytes = address.split(".").map(Number);
    const network = { offset: data.length };
    data.push(...head(kMap, 1), ...text("country"), ...head(kMap, 1), ...text("iso_code"), ...text(country));
    let at = 0;
    for (let bit = 0; bit < Number(bits); ++bit) {
      const side = (bytes[bit >> 3] >> (7 - (bit & 7))) & 1;
      if (bit + 1 === Number(bits)) nodes[at][side] = network;
      else at = nodes[at][side] ??= nodes.push([null, null]) - 1;
    }
  }
  const tree = nodes.flat().flatMap((child) => {
    const value = child === null ? nodes.length : typeof child === "number" ? child : nodes.length + kSeparatorBytes + child.offset;
    return [value >> 16, (value >> 8) & 255, value & 255];
  });
  const about = [...head(kMap, 9), ...text("binary_format_major_version"), ...number(kUint16, 2), ...text("binary_format_minor_version"), ...number(kUint16, 0),
    ...text("description"), ...head(kMap, 0), ...text("languages"), ...head(kArray, 0), ...text("database_type"), ...text("Test"), ...text("build_epoch"),
    ...number(kUint64, 1_700_000_000), ...text("ip_version"), ...number(kUint16, 4), ...text("node_count"), ...number(kUint32, nodes.length), ...text("record_size"), ...number(kUint16, 24)];
  return Buffer.concat([Buffer.from(tree), Buffer.alloc(kSeparatorBytes), Buffer.from(data), Buffer.from("\xab\xcd\xefMaxMind.com", "latin1"), Buffer.from(about)]);
}
