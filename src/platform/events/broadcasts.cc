#include "platform/events/broadcasts.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "platform/storage/database.h"

namespace ashlar::events {
namespace {

constexpr int kBatch = 1000;

}  // namespace

void Broadcasts::add(std::vector<std::string> types, std::function<void(const Event*)> told) {
  listeners_.push_back({std::move(types), std::move(told)});
}

std::vector<std::string> Broadcasts::types() const {
  std::vector<std::string> all;
  for (const Listener& listener : listeners_) {
    for (const std::string& type : listener.types) {
      if (std::find(all.begin(), all.end(), type) == all.end()) all.push_back(type);
    }
  }
  return all;
}

void Broadcasts::tell(const Event& event) {
  const std::lock_guard lock(telling_);
  for (const Listener& listener : listeners_) {
    const bool wanted = std::any_of(listener.types.begin(), listener.types.end(),
                                    [&](const auto& type) { return type_fits(type, event.type); });
    if (wanted) listener.told(&event);
  }
}

base::Status Broadcasts::begin() {
  if (!reader_) {
    reader_ = std::make_unique<LogReader>(db_, packed_types(types()));
  }
  // The position first: what commits from here on is read, what was before is covered by resync.
  ASHLAR_ASSIGN(position_, reader_->newest());
  const std::lock_guard lock(telling_);
  for (const Listener& listener : listeners_) listener.told(nullptr);
  return base::ok_status();
}

base::Result<bool> Broadcasts::step() {
  if (listeners_.empty() || db_.dialect() == storage::Dialect::kSqlite) return false;
  const base::Mono now = clock_.mono();
  if (!position_ || now - read_at_ > keep_) {
    ASHLAR_TRY(begin());
    read_at_ = now;
  }
  ASHLAR_ASSIGN(const LogPage page, reader_->read(*position_, kBatch));
  for (const Event& event : page.events) tell(event);
  position_ = page.end;
  read_at_ = now;
  return page.more;
}

}  // namespace ashlar::events
