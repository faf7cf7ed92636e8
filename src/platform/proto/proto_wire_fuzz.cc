// Any bytes: reading ends, everything read lies within them, and what was read and written again
// reads as the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "platform/proto/reader.h"
#include "platform/proto/writer.h"

namespace {

using ashlar::proto::Reader;
using ashlar::proto::tag;
using ashlar::proto::Writer;

// Reads all of it, fields with even numbers as messages; writes what it read.
bool copy(Reader reader, std::string_view whole, std::string& to, int depth) {
  CHECK(depth <= Reader::kMaxDepth + 1);
  Writer writer(to);
  while (reader.next()) {
    const std::string_view bytes = reader.bytes();
    CHECK(bytes.empty() || (bytes.data() >= whole.data() &&
                            bytes.data() + bytes.size() <= whole.data() + whole.size()));
    switch (reader.tag() & 7) {
      case ashlar::proto::kVarint:
        writer.each_u64(reader.field(), reader.u64());
        break;
      case ashlar::proto::kFixed64:
        writer.each_real(reader.field(), reader.real());
        break;
      case ashlar::proto::kBytes:
        if (reader.field() % 2 == 0) {
          const auto message = writer.message(reader.field());
          if (!copy(reader.nested(), whole, to, depth + 1)) return false;
        } else {
          writer.each_text(reader.field(), bytes);
          static_cast<void>(reader.text());
        }
        break;
      default:
        CHECK(reader.tag() == tag(reader.field(), ashlar::proto::kFixed32));
    }
  }
  return reader.ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::string once;
  if (!copy(Reader(input), input, once, 0)) return 0;
  std::string twice;
  CHECK(copy(Reader(once), once, twice, 0));
  CHECK(once == twice && once.size() <= input.size());  // minimal forms are not longer
  return 0;
}
