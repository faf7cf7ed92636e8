// Any bytes as updates for a document: each is refused and changes nothing, or is taken; afterwards
// everything can be read, and what the document encodes makes the same document once more.
//
// Input: pieces, each behind a byte with a quarter of its length, rounded up, and a byte of
// choices: bit 0: V2; bit 1: given twice; bits 6 and 7: how many bytes of the last quarter are none
// of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "modules/documents/crdt/doc.h"

namespace {

namespace crdt = ashlar::crdt;
using crdt::Doc;
using crdt::Format;

struct Piece {
  std::string_view bytes;
  Format format;
  bool twice;
};

std::vector<Piece> pieces_of(std::string_view input) {
  constexpr std::size_t kMost = 16;
  std::vector<Piece> out;
  while (input.size() > 2 && out.size() < kMost) {
    const std::size_t size = static_cast<unsigned char>(input[0]) * std::size_t{4};
    const auto choices = static_cast<unsigned char>(input[1]);
    input.remove_prefix(2);
    std::string_view bytes = input.substr(0, size);
    input.remove_prefix(bytes.size());
    bytes.remove_suffix(std::min<std::size_t>(bytes.size(), choices >> 6));
    out.push_back({bytes, (choices & 1) != 0 ? Format::kV2 : Format::kV1, (choices & 2) != 0});
  }
  return out;
}

crdt::DocLimits small() {
  crdt::DocLimits limits;
  limits.bytes = 32U << 20;
  limits.pending_bytes = 1U << 20;
  limits.conflict_steps = 100'000;
  return limits;
}

void read(const Doc& doc) {
  for (const std::string& root : doc.roots()) {
    (void)doc.text(root);
    (void)doc.delta(root);
    for (const crdt::RootKind kind :
         {crdt::RootKind::kText, crdt::RootKind::kArray, crdt::RootKind::kMap,
          crdt::RootKind::kXmlFragment, crdt::RootKind::kXmlText}) {
      (void)doc.json(root, kind);
    }
    (void)doc.length(root);
  }
  (void)doc.size();
  (void)doc.missing();
  (void)doc.snapshot();
}

void apply(Doc& doc, const Piece& piece) {
  const crdt::StateVector before = doc.state_vector();
  const bool waited = doc.has_pending();
  if (doc.apply(piece.bytes, piece.format).ok()) return;
  CHECK(doc.state_vector() == before && doc.has_pending() == waited);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  Doc::Options options;
  options.gc = size % 2 == 0;
  options.limits = small();
  Doc doc(options);
  for (const Piece& piece : pieces_of(input)) {
    apply(doc, piece);
    if (piece.twice) apply(doc, piece);
  }
  read(doc);
  for (const Format format : {Format::kV1, Format::kV2}) {
    Doc again(options);
    if (!again.apply(doc.encode(format), format).ok()) continue;  // its own limits
    CHECK(again.state_vector() == doc.state_vector());
    // What waits here under an id that somebody used twice may be there already, as something else.
    CHECK(doc.has_pending() || !again.has_pending());
  }
  return 0;
}
