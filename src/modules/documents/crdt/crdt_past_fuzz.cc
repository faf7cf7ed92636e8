// Any bytes as updates for two documents, the second of which has what the first has and more, or
// something else altogether: what differs is told, and a restore makes the second read as the
// first (as long, root by root: that all of it is the same is held against yjs, with histories
// that somebody could have written). Markdown and who placed what are made of both too.
//
// Input: a byte of choices (bit 0: the second document begins with the first one's updates), then
// updates, each behind two bytes with its length; they go to the first document until one
// of no length comes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "modules/documents/crdt/doc.h"

namespace {

using ashlar::crdt::Doc;

constexpr std::uint64_t kClient = 4'000'000'001;

Doc small(std::uint64_t client) {
  return Doc({.client = client,
              .limits = {.bytes = 8u << 20, .pending_bytes = 1u << 20, .conflict_steps = 20'000}});
}

void read(const Doc& doc) {
  for (const std::string& root : doc.roots()) {
    (void)doc.markdown(root);
    (void)doc.placed(root, 1'000);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  const bool related = (input.front() & 1) != 0;
  input.remove_prefix(1);
  Doc then = small(0);
  Doc now = small(kClient);
  bool first = true;
  for (int i = 0; i < 16 && input.size() > 2; ++i) {
    const std::size_t length = static_cast<unsigned char>(input[0]) * std::size_t{256} +
                               static_cast<unsigned char>(input[1]);
    input.remove_prefix(2);
    const std::string_view update = input.substr(0, length);
    input.remove_prefix(update.size());
    if (update.empty()) {
      first = false;
      continue;
    }
    if (first) (void)then.apply(update);
    if (!first || related) (void)now.apply(update);
  }
  read(then);
  read(now);
  for (const std::string& root : now.roots()) {
    const auto changes = now.changes_to(then, root, 10'000);
    CHECK(changes.ok());
  }
  const auto update = now.restore(then);
  if (!update.ok()) return 0;  // too large
  for (const std::string& root : then.roots()) CHECK(now.length(root) == then.length(root));
  for (const std::string& root : now.roots()) CHECK(now.length(root) == then.length(root));
  return 0;
}
