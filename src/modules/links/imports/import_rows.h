// import_rows: a file cut into rows, wherever its pieces end.
//
//   csv    RFC 4180, comma, semicolon or tab; quotes doubled within quotes, line ends within them
//   jsonl  a JSON object a line
//   json   the objects of the first array, whether the document is it or holds it; then of the next
//          document, if another follows (answers of a list, page after page). What is in the array
//          and no object is a row too, one that cannot be read
//
// next_row() looks at the bytes from the position on. kMore: a row may be longer than them; give
// more. At the end of the file (`whole`) what is left is the last row. Blank rows are passed over.
// Pure; O(bytes looked at).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modules/links/imports/link_import.h"

namespace ashlar::links {

// More than the longest line of an export has.
inline constexpr std::size_t kMaxRowBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxColumns = 64;

// kBroken: one of more than kMaxRowBytes, a quote that does not end, no JSON.
enum class RowState : std::uint8_t { kRow, kMore, kEnd, kBroken };

struct RowFound {
  RowState state = RowState::kEnd;
  std::size_t used = 0;   // bytes up to and with this row, or that may be skipped
  std::string_view text;  // kRow: without its line end
};

// `begun`: rows have been taken from this file before. `delimiter`: of a CSV file, once its header
// is known; until then any that there is.
RowFound next_row(ImportFormat format, std::string_view bytes, bool whole, bool begun,
                  std::optional<char> delimiter = std::nullopt);

// The fields of a CSV row. Empty where it is none: a quote inside an unquoted field, text behind a
// closing one, more than kMaxColumns.
std::vector<std::string> csv_fields(std::string_view row, char delimiter);
// The one of ",", ";" and tab that the header has most of.
char csv_delimiter(std::string_view header);

}  // namespace ashlar::links
