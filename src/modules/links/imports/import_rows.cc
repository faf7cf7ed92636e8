#include "modules/links/imports/import_rows.h"

#include <algorithm>

namespace ashlar::links {
namespace {

constexpr std::string_view kBom = "\xef\xbb\xbf";

RowFound more(std::string_view bytes, std::size_t skipped) {
  if (bytes.size() - skipped > kMaxRowBytes) return {RowState::kTooLong, skipped, {}};
  return {RowState::kMore, skipped, {}};
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string_view without_cr(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Whether a quote here opens a field: anywhere else it is a character.
bool opens(std::string_view bytes, std::size_t from, std::size_t at) {
  return at == from || std::string_view(",;\t").find(bytes[at - 1]) != std::string_view::npos;
}

// Where the row that begins at `from` ends: its line end, outside quotes where `quoted`.
std::size_t row_end(std::string_view bytes, std::size_t from, bool quoted) {
  bool inside = false;
  for (std::size_t i = from; i < bytes.size(); ++i) {
    if (inside) {
      const bool doubled = i + 1 < bytes.size() && bytes[i + 1] == '"';
      if (bytes[i] == '"' && doubled) {
        ++i;
      } else if (bytes[i] == '"') {
        inside = false;
      }
    } else if (bytes[i] == '\n') {
      return i;
    } else if (quoted && bytes[i] == '"') {
      inside = opens(bytes, from, i);
    }
  }
  return std::string_view::npos;
}

RowFound next_line(std::string_view bytes, bool whole, bool quoted) {
  std::size_t from = 0;
  while (from < bytes.size()) {
    const std::size_t end = row_end(bytes, from, quoted);
    if (end == std::string_view::npos) {
      if (!whole) return more(bytes, from);
      if (bytes.size() - from > kMaxRowBytes) return {RowState::kTooLong, from, {}};
      const std::string_view text = without_cr(bytes.substr(from));
      if (is_blank(text)) return {RowState::kEnd, bytes.size(), {}};
      return {RowState::kRow, bytes.size(), text};
    }
    if (end - from > kMaxRowBytes) return {RowState::kTooLong, from, {}};
    const std::string_view text = without_cr(bytes.substr(from, end - from));
    from = end + 1;
    if (!is_blank(text)) return {RowState::kRow, from, text};
  }
  return whole ? RowFound{RowState::kEnd, bytes.size(), {}} : more(bytes, from);
}

// The byte behind the object that begins at `from`; npos: it goes on beyond these bytes.
std::size_t object_end(std::string_view bytes, std::size_t from) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = from; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return i + 1;
  }
  return std::string_view::npos;
}

// Behind the bracket that opens the first array; npos: there is none in these bytes.
std::size_t array_begin(std::string_view bytes) {
  bool in_string = false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (in_string && bytes[i] == '\\') {
      ++i;
    } else if (bytes[i] == '"') {
      in_string = !in_string;
    } else if (bytes[i] == '[' && !in_string) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

RowFound next_object(std::string_view bytes, bool whole, bool begun) {
  std::size_t from = 0;
  if (!begun) {
    from = array_begin(bytes);
    if (from == std::string_view::npos) {
      return whole ? RowFound{RowState::kEnd, bytes.size(), {}} : more(bytes, 0);
    }
  }
  while (from < bytes.size() && (bytes[from] == ',' || is_blank(bytes.substr(from, 1)))) ++from;
  if (from == bytes.size()) {
    return whole ? RowFound{RowState::kEnd, from, {}} : more(bytes, begun ? from : 0);
  }
  // The end of the array: what follows is not of it.
  if (bytes[from] != '{') return {RowState::kEnd, bytes.size(), {}};
  const std::size_t end = object_end(bytes, from);
  if (end == std::string_view::npos || end - from > kMaxRowBytes) {
    if (whole || (end != std::string_view::npos)) return {RowState::kTooLong, from, {}};
    return more(bytes, begun ? from : 0);
  }
  return {RowState::kRow, end, bytes.substr(from, end - from)};
}

}  // namespace

RowFound next_row(ImportFormat format, std::string_view bytes, bool whole, bool begun) {
  if (!begun && bytes.size() < kBom.size() && !whole) return {RowState::kMore, 0, {}};
  const std::size_t bom = !begun && bytes.starts_with(kBom) ? kBom.size() : 0;
  bytes.remove_prefix(bom);
  RowFound found = format == ImportFormat::kJson
                       ? next_object(bytes, whole, begun)
                       : next_line(bytes, whole, format == ImportFormat::kCsv);
  // Until the first row nothing is passed over: what stands before it is looked at again.
  found.used = found.state == RowState::kMore && !begun ? 0 : found.used + bom;
  return found;
}

std::vector<std::string> csv_fields(std::string_view row, char delimiter) {
  std::vector<std::string> fields;
  std::size_t i = 0;
  while (true) {
    if (fields.size() == kMaxColumns) return {};
    std::string& field = fields.emplace_back();
    if (i < row.size() && row[i] == '"') {
      for (++i;; ++i) {
        if (i == row.size()) return {};
        if (row[i] == '"' && (i + 1 == row.size() || row[i + 1] != '"')) break;
        if (row[i] == '"') ++i;
        field += row[i];
      }
      ++i;
    } else {
      for (; i < row.size() && row[i] != delimiter; ++i) {
        if (row[i] == '"') return {};
        field += row[i];
      }
    }
    if (i == row.size()) return fields;
    if (row[i] != delimiter) return {};
    ++i;
  }
}

char csv_delimiter(std::string_view header) {
  char best = ',';
  for (const char c : {',', ';', '\t'}) {
    if (std::ranges::count(header, c) > std::ranges::count(header, best)) best = c;
  }
  return best;
}

}  // namespace ashlar::links
