// LinkImport: a file of another shortener, or of another Ashlar, on its way to become links.
// Values.
//
//   create() ──> [open] ──start()──> [running] ──last row──> [done]
//                  │                     ├── a file that cannot be read on ──> [failed]
//                  └──── cancel() ───────┴── cancel() ──> [cancelled]
//   Parts are taken only while it is open. Chunks of the file go once it has ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/strong_id.h"
#include "base/time.h"

namespace ashlar::links {

using ImportId = base::StrongId<struct ImportTag>;

enum class ImportSource : std::uint8_t { kJsonl, kShlink, kKutt, kYourls, kBitly };
enum class ImportFormat : std::uint8_t { kCsv, kJsonl, kJson };
enum class ImportState : std::uint8_t { kOpen, kRunning, kDone, kFailed, kCancelled };

std::string_view name_of(ImportSource source);  // "jsonl", "shlink", …
std::string_view name_of(ImportFormat format);
std::string_view name_of(ImportState state);
std::optional<ImportSource> source_named(std::string_view name);
std::optional<ImportFormat> format_named(std::string_view name);
std::optional<ImportState> state_named(std::string_view name);

// Where reading goes on: this byte of this chunk.
struct ImportPosition {
  std::int64_t part = 0;
  std::int64_t chunk = 0;
  std::int64_t at_byte = 0;
};

struct LinkImport {
  ImportId id;
  ImportSource source = ImportSource::kJsonl;
  ImportFormat format = ImportFormat::kJsonl;
  std::string domain;  // a host for all rows; "": each its own
  ImportState state = ImportState::kOpen;
  std::string header;  // the first row of a CSV file, once it has been read
  ImportPosition position;
  std::int64_t bytes = 0;       // of the file so far
  std::int64_t bytes_done = 0;  // of them
  std::int64_t rows_done = 0;   // rows that became links, were there already, or were refused
  std::int64_t created = 0;
  std::int64_t existing = 0;
  std::int64_t refused = 0;
  std::string error;  // kFailed: why
  base::Time created_at{};
  base::Time updated_at{};
  std::int64_t version = 1;
};

// A row that became no link.
struct ImportRefusal {
  std::int64_t row = 0;  // from 1, a header not counted
  std::string code;      // as the file has it, as far as it could be read
  std::string url;
  std::string reason;
  std::string detail;
};

}  // namespace ashlar::links
