// Fuzzes a document with updates that nobody checked: the input is several of them, each with its
// length before it. Whatever they say, a refused one changes nothing, and what the document writes
// in the end takes another one to the same state.
//
// Not that their order does not matter: here one id may be told twice, with different content.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "modules/documents/crdt/doc.h"

namespace {

using ashlar::crdt::Doc;

std::vector<std::string_view> split(std::string_view input) {
  std::vector<std::string_view> out;
  while (!input.empty() && out.size() < 16) {
    const std::size_t length =
        std::min<std::size_t>(static_cast<unsigned char>(input.front()), input.size() - 1);
    out.push_back(input.substr(1, length));
    input.remove_prefix(1 + length);
  }
  return out;
}

Doc small() {
  return Doc({.client = 5,
              .limits = {.bytes = 8 << 20, .pending_bytes = 1 << 20, .conflict_steps = 2000}});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto updates = split({reinterpret_cast<const char*>(data), size});
  Doc doc = small();
  for (const std::string_view update : updates) {
    const std::string before = doc.encode();
    if (doc.apply(update).ok()) continue;
    CHECK(doc.encode() == before);
  }
  for (const std::string& root : doc.roots()) {
    (void)doc.text(root);
    (void)doc.delta(root);
    for (int kind = 0; kind <= 4; ++kind) {
      (void)doc.json(root, static_cast<ashlar::crdt::RootKind>(kind));
    }
    if (const auto place = doc.relative_position(root, doc.length(root) / 2); place.ok()) {
      CHECK(doc.absolute_position(*place).ok());
    }
    (void)doc.remove(root, 0, doc.length(root) / 2);
  }
  Doc loaded = small();
  if (loaded.apply(doc.encode()).ok()) CHECK(loaded.state_vector() == doc.state_vector());
  return 0;
}
