#include "platform/events/log_reader.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <span>
#include <utility>

#include "platform/events/events_store.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::events {
namespace {

const storage::Context kContext = storage::Context::platform(storage::PlatformUse::kEvents);

// Sees nothing: PostgreSQL's first transaction has the number 3.
constexpr const char* kFirstSnapshot = "3:3:";

// The second number of a snapshot's text, "xmin:xmax:xip": what begins from there on it cannot see.
std::uint64_t xmax_of(std::string_view snapshot) {
  std::uint64_t number = 0;
  const std::size_t colon = snapshot.find(':');
  if (colon != std::string_view::npos) {
    std::from_chars(snapshot.data() + colon + 1, snapshot.data() + snapshot.size(), number);
  }
  return number;
}

// A cluster counts its transactions for ever, also over pg_upgrade; one that was filled from a dump
// counts anew.
base::Status check_order(std::string_view from, std::string_view to) {
  if (xmax_of(from) <= xmax_of(to)) return base::ok_status();
  return base::fail(base::Code::kPreconditionFailed, "events_position_foreign",
                    "the position is of another database cluster: after a restore from a dump see "
                    "docs/events.md");
}

}  // namespace

std::string packed_types(const std::vector<std::string>& patterns) {
  std::string list;
  json::Writer json(list);
  json.begin_array();
  for (const std::string& pattern : patterns) json.string(pattern);
  json.end_array();
  return list;
}

LogReader::LogReader(storage::Database& db, std::string types)
    : db_(db), types_(std::move(types)) {}

LogPosition LogReader::oldest() const {
  if (db_.dialect() == storage::Dialect::kSqlite) return {};
  return {0, kFirstSnapshot, ""};
}

base::Result<LogPosition> LogReader::newest() {
  return db_.read(kContext, [&](storage::Transaction& tx) -> base::Result<LogPosition> {
    LogPosition position;
    if (db_.dialect() == storage::Dialect::kSqlite) {
      ASHLAR_ASSIGN(position.seq, store::last_seq(tx));
    } else {
      ASHLAR_ASSIGN(position.from, store::snapshot(tx));
    }
    return position;
  });
}

base::Result<LogPage> LogReader::read(const LogPosition& at, int limit) {
  return db_.dialect() == storage::Dialect::kSqlite ? read_sqlite(at, limit)
                                                    : read_postgres(at, limit);
}

base::Result<LogPage> LogReader::read_sqlite(const LogPosition& at, int limit) {
  return db_.read(kContext, [&](storage::Transaction& tx) -> base::Result<LogPage> {
    LogPage page{.events = {}, .begin = at, .end = at, .more = false};
    ASHLAR_ASSIGN(page.events, store::events_after(tx, at.seq, types_, limit));
    page.more = page.events.size() == static_cast<std::size_t>(limit);
    if (page.more) {
      page.end.seq = page.events.back().seq.value;
    } else {
      // Others' types are passed too. Where retention has emptied the log it has no last one.
      ASHLAR_ASSIGN(const std::int64_t last, store::last_seq(tx));
      page.end.seq = std::max(at.seq, last);
    }
    return page;
  });
}

base::Result<LogPage> LogReader::read_postgres(const LogPosition& at, int limit) {
  return db_.read(kContext, [&](storage::Transaction& tx) -> base::Result<LogPage> {
    LogPage page{.events = {}, .begin = at, .end = at, .more = false};
    if (at.to.empty()) {
      ASHLAR_ASSIGN(page.begin.to, store::snapshot(tx));
      if (page.begin.to == at.from) return page;
      ASHLAR_TRY(check_order(at.from, page.begin.to));
    }
    ASHLAR_TRY(find_seqs(tx, page.begin));
    const auto first = std::upper_bound(seqs_.begin(), seqs_.end(), at.seq);
    const auto left = static_cast<std::size_t>(seqs_.end() - first);
    const std::span<const std::int64_t> chosen(first,
                                               std::min(left, static_cast<std::size_t>(limit)));
    if (!chosen.empty()) {
      ASHLAR_ASSIGN(page.events, store::events_of(tx, chosen));
    }
    page.more = chosen.size() < left || !whole_;
    page.end = page.more ? LogPosition{chosen.back(), page.begin.from, page.begin.to}
                         : LogPosition{0, page.begin.to, ""};
    return page;
  });
}

// A position that the reader was moved to, or moved back to, is asked for anew.
base::Status LogReader::find_seqs(storage::Transaction& tx, const LogPosition& at) {
  const bool known = window_.from == at.from && window_.to == at.to && window_.seq <= at.seq &&
                     (whole_ || (!seqs_.empty() && seqs_.back() > at.seq));
  if (known) return base::ok_status();
  ASHLAR_ASSIGN(seqs_, store::window_seqs(tx, at, types_, kMostSeqs));
  whole_ = static_cast<std::int64_t>(seqs_.size()) < kMostSeqs;
  window_ = at;
  return base::ok_status();
}

}  // namespace ashlar::events
