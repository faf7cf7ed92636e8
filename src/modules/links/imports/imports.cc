#include "modules/links/imports/imports.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "modules/links/click_count.h"
#include "modules/links/foreign/checked.h"
#include "modules/links/imports/import_mapping.h"
#include "modules/links/imports/import_rows.h"
#include "modules/links/imports/imports_store.h"
#include "modules/links/links.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

using base::Code;
using base::fail;

// As much of a file as a step's rows can take, and a row more.
constexpr std::int64_t kChunksAStep = 4;
constexpr std::size_t kUsualBytes = std::size_t{128} << 10;
constexpr std::int64_t kSmallChunks = 64;
constexpr std::int64_t kChunksRemoved = 64;
constexpr std::size_t kMostShown = 200;  // of a code, a URL or a detail in the report

base::Error wrong_state(std::string detail) {
  return fail(Code::kConflict, "import_state", std::move(detail));
}

std::string shown(std::string_view text) {
  text = text.substr(0, kMostShown);
  while (!text.empty() && !base::is_utf8(text)) text.remove_suffix(1);
  std::string out(text);
  std::erase(out, '\0');
  return out;
}

// What the row's own fault is; anything else is the database's, and the step's.
bool is_of_row(const base::Error& error) {
  if (std::string_view(error.reason).starts_with("storage_")) return false;
  return error.code == Code::kInvalid || error.code == Code::kConflict ||
         error.code == Code::kNotFound;
}

std::string detail_of(const base::Error& error) {
  if (error.fields.empty()) return error.detail;
  std::string detail;
  for (const base::FieldError& field : error.fields) {
    detail += (detail.empty() ? "" : " ") + field.field + ": " + field.detail;
  }
  return detail;
}

const char* reason_of(const base::Error& error) {
  return error.fields.size() == 1 ? error.fields.front().reason : error.reason;
}

void finish(LinkImport& import, ImportState state, std::string error = {}) {
  import.state = state;
  import.error = std::move(error);
}

}  // namespace

// Bytes from the import's position on, and where each chunk of them begins.
struct Imports::Reading {
  struct Piece {
    std::int64_t part = 0;
    std::int64_t chunk = 0;
    std::size_t begin = 0;     // in `bytes`
    std::int64_t at_byte = 0;  // of the chunk, where it begins
  };
  std::string bytes;
  std::vector<Piece> pieces;
  bool whole = false;  // the file ends with these bytes

  [[nodiscard]] ImportPosition position_of(std::size_t offset) const {
    ImportPosition position;
    for (const Piece& piece : pieces) {
      if (piece.begin > offset) break;
      position = {piece.part, piece.chunk,
                  piece.at_byte + static_cast<std::int64_t>(offset - piece.begin)};
    }
    return position;
  }
};

base::Result<LinkImport> Imports::create(storage::Transaction& tx, ImportSource source,
                                         ImportFormat format, std::string_view domain) const {
  ASHLAR_ASSIGN(const std::int64_t live, store::count_live_imports(tx, kMaxLive));
  if (live >= kMaxLive) {
    return fail(Code::kConflict, "too_many_imports",
                "Ten imports are open or running; wait for one, or cancel one.");
  }
  LinkImport import;
  import.source = source;
  import.format = format;
  if (!domain.empty()) {
    base::Result<DomainId> known = links_.domain_of(tx, domain);
    if (!known.ok()) return std::move(known).error();
    import.domain = std::string(domain);
  }
  import.created_at = import.updated_at = clock_.now();
  ASHLAR_TRY(store::insert_import(tx, import));
  return import;
}

base::Result<LinkImport> Imports::find(storage::Transaction& tx, ImportId id) const {
  ASHLAR_ASSIGN(std::optional<LinkImport> import, store::find_import(tx, id));
  if (!import) return fail(Code::kNotFound, "import_not_found", "There is no such import.");
  return std::move(*import);
}

base::Status Imports::save(storage::Transaction& tx, LinkImport& import) const {
  import.version += 1;
  import.updated_at = clock_.now();
  ASHLAR_ASSIGN(const bool saved, store::update_import(tx, import));
  if (!saved) return wrong_state("The import was changed meanwhile; look at it again.");
  return base::ok_status();
}

base::Result<LinkImport> Imports::put_part(storage::Transaction& tx, ImportId id, std::int64_t part,
                                           std::string_view data) const {
  ASHLAR_ASSIGN(LinkImport import, find(tx, id));
  if (import.state != ImportState::kOpen) return wrong_state("It takes no parts any more.");
  ASHLAR_ASSIGN(const std::int64_t before, store::remove_part(tx, id, part));
  import.bytes += static_cast<std::int64_t>(data.size()) - before;
  if (import.bytes > kMaxFileBytes) {
    return fail(Code::kInvalid, "file_too_large", "A file has at most 4 GiB; import it in parts.");
  }
  store::Chunk chunk{.part = part, .chunk = 0, .data = {}};
  for (; !data.empty(); ++chunk.chunk) {
    chunk.data = std::string(data.substr(0, kChunkBytes));
    data.remove_prefix(chunk.data.size());
    ASHLAR_TRY(store::put_chunk(tx, id, chunk));
  }
  ASHLAR_TRY(save(tx, import));
  return import;
}

base::Result<LinkImport> Imports::start(storage::Transaction& tx, ImportId id) const {
  ASHLAR_ASSIGN(LinkImport import, find(tx, id));
  if (import.state == ImportState::kRunning) return import;
  if (import.state != ImportState::kOpen) return wrong_state("It has ended already.");
  ASHLAR_ASSIGN(const store::PartsInfo parts, store::parts_of(tx, id));
  if (parts.parts != parts.last) {
    return wrong_state("A part is missing: they are numbered from 1 to " +
                       std::to_string(parts.last) + ", and there are " +
                       std::to_string(parts.parts) + ".");
  }
  import.state = ImportState::kRunning;
  ASHLAR_TRY(save(tx, import));
  return import;
}

base::Result<LinkImport> Imports::cancel(storage::Transaction& tx, ImportId id) const {
  ASHLAR_ASSIGN(LinkImport import, find(tx, id));
  if (import.state == ImportState::kCancelled) return import;
  if (import.state != ImportState::kOpen && import.state != ImportState::kRunning) {
    return wrong_state("It has ended already.");
  }
  finish(import, ImportState::kCancelled);
  ASHLAR_TRY(save(tx, import));
  return import;
}

// More than `most` bytes, however small the parts are, or all that is left.
base::Result<Imports::Reading> Imports::read(storage::Transaction& tx, const LinkImport& import,
                                             std::size_t most) const {
  Reading reading;
  ImportPosition next = import.position;
  std::int64_t limit = kChunksAStep;
  while (!reading.whole && reading.bytes.size() <= most) {
    std::int64_t chunks = 0;
    ASHLAR_TRY(store::read_chunks(tx, import.id, next, limit, [&](const store::Chunk& chunk) {
      const bool same = chunk.part == import.position.part && chunk.chunk == import.position.chunk;
      const auto skip = static_cast<std::size_t>(same ? import.position.at_byte : 0);
      reading.pieces.push_back(
          {chunk.part, chunk.chunk, reading.bytes.size(), static_cast<std::int64_t>(skip)});
      reading.bytes += std::string_view(chunk.data).substr(std::min(skip, chunk.data.size()));
      next = {chunk.part, chunk.chunk + 1, 0};
      ++chunks;
    }));
    reading.whole = chunks < limit;
    limit = kSmallChunks;
  }
  return reading;
}

base::Status Imports::refuse(storage::Transaction& tx, const base::Error& error,
                             std::string_view code, std::string_view url,
                             LinkImport& import) const {
  import.refused += 1;
  if (import.refused > kMaxRefusals) return base::ok_status();
  return store::add_refusal(tx, import.id,
                            {.row = import.rows_done,
                             .code = shown(code),
                             .url = shown(url),
                             .reason = reason_of(error),
                             .detail = shown(detail_of(error))});
}

base::Status Imports::make(storage::Transaction& tx, ImportedLink row, LinkImport& import) const {
  if (!import.domain.empty()) row.link.domain = import.domain;
  // Rows of other hosts than the tenant's own domains go to the installation's own.
  if (row.link.domain && import.domain.empty() && import.source != ImportSource::kJsonl) {
    const base::Result<DomainId> known = links_.domain_of(tx, *row.link.domain);
    if (!known.ok() && known.error().code != Code::kNotFound) return known.error();
    if (!known.ok()) row.link.domain.reset();
  }
  NewLink wanted = new_link_of(row.link, row.password_hash);
  wanted.past = LinkPast{.created_at = row.created_at, .enabled = row.enabled};
  base::Result<Link> made = links_.create(tx, wanted);
  if (!made.ok()) {
    if (!is_of_row(made.error())) return made.error();
    const std::string host = row.link.domain.value_or("");
    if (std::string_view(made.error().reason) == "code_taken") {
      const base::Result<Link> there = links_.find(tx, {.host = host, .code = *row.link.code});
      if (there.ok() && there->url == row.link.url) {
        import.existing += 1;
        return base::ok_status();
      }
    }
    return refuse(tx, made.error(), row.link.code.value_or(""), row.link.url, import);
  }
  import.created += 1;
  if (row.clicks > 0) {
    ASHLAR_TRY(store::put_clicks(tx, made->id, hour_of(made->created_at), row.clicks));
  }
  if (row.clicks_used > 0 && made->settings.max_clicks) {
    ASHLAR_TRY(store::put_clicks_used(tx, made->id, row.clicks_used));
  }
  return base::ok_status();
}

base::Status Imports::take_row(storage::Transaction& tx, std::string_view row, char delimiter,
                               const std::vector<std::string>& columns, LinkImport& import) const {
  import.rows_done += 1;
  base::Result<ImportedLink> read = read_row(import.source, import.format, columns, delimiter, row);
  if (!read.ok()) return refuse(tx, read.error(), "", row, import);
  // What /v1 would have been sent, as it would have read it: the same limits hold.
  base::Result<CreateLinkJson> valid = checked(create_link_schema(), read->link);
  if (!valid.ok()) {
    return refuse(tx, valid.error(), read->link.code.value_or(""), read->link.url, import);
  }
  read->link = std::move(*valid);
  return make(tx, std::move(*read), import);
}

base::Status Imports::take_rows(storage::Transaction& tx, const Reading& reading,
                                LinkImport& import) const {
  const bool csv = import.format == ImportFormat::kCsv;
  std::size_t used = 0;
  std::size_t rows = 0;
  bool begun = import.rows_done > 0 || !import.header.empty();
  std::vector<std::string> columns = columns_of(import);
  std::optional<char> delimiter;
  if (csv && !import.header.empty()) delimiter = csv_delimiter(import.header);
  while (rows < kRowsAStep) {
    const std::string_view rest = std::string_view(reading.bytes).substr(used);
    const RowFound found = next_row(import.format, rest, reading.whole, begun, delimiter);
    used += found.used;
    if (found.state == RowState::kEnd) {
      finish(import, ImportState::kDone);
      break;
    }
    if (found.state == RowState::kMore) break;
    if (found.state == RowState::kBroken) {
      finish(import, ImportState::kFailed,
             "After row " + std::to_string(import.rows_done) +
                 " comes one of more than 1 MiB, a quote that does not end, or what is no " +
                 std::string(name_of(import.format)) + ".");
      break;
    }
    begun = true;
    if (csv && import.header.empty()) {
      import.header = std::string(found.text);
      columns = columns_of(import);
      const base::Status header = check_columns(import.source, columns);
      if (!header.ok()) {
        finish(import, ImportState::kFailed, header.error().detail);
        break;
      }
      delimiter = csv_delimiter(import.header);
      continue;
    }
    ++rows;
    ASHLAR_TRY(take_row(tx, found.text, delimiter.value_or(','), columns, import));
  }
  import.bytes_done += static_cast<std::int64_t>(used);
  import.position = reading.position_of(used);
  return base::ok_status();
}

base::Result<bool> Imports::step(storage::Transaction& tx, ImportId id) const {
  ASHLAR_ASSIGN(std::optional<LinkImport> import, store::find_import(tx, id));
  if (!import || import->state == ImportState::kOpen) return false;
  if (import->state != ImportState::kRunning) {
    ASHLAR_ASSIGN(const std::int64_t removed, store::remove_chunks(tx, id, kChunksRemoved));
    return removed == kChunksRemoved;
  }
  const std::int64_t before = import->bytes_done;
  // Rows are seldom long: only where there is no whole one among some is as much read as one may
  // have.
  for (const std::size_t most : {kUsualBytes, 2 * kMaxRowBytes}) {
    ASHLAR_ASSIGN(const Reading reading, read(tx, *import, most));
    if (reading.pieces.empty()) {
      finish(*import, ImportState::kDone);
    } else {
      ASHLAR_TRY(take_rows(tx, reading, *import));
    }
    if (import->state != ImportState::kRunning || import->bytes_done > before) break;
  }
  if (import->state == ImportState::kRunning && import->bytes_done == before) {
    finish(*import, ImportState::kFailed, "The file cannot be read on.");
  }
  ASHLAR_TRY(save(tx, *import));
  return true;
}

}  // namespace ashlar::links
