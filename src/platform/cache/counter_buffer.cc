#include "platform/cache/counter_buffer.h"

#include <algorithm>
#include <utility>

#include "platform/storage/database.h"

namespace ashlar::cache {

CounterBuffer::CounterBuffer(std::size_t max_keys, Sink sink, base::Entropy& entropy)
    : max_keys_(max_keys),
      sink_(std::move(sink)),
      writer_(static_cast<std::int64_t>(entropy.u64() >> 1)),
      sums_(0, Hash{kit::CacheHash<std::string>(entropy.u64())}) {}

bool CounterBuffer::add(std::string_view key, std::int64_t amount) {
  const std::lock_guard lock(mutex_);
  if (const auto at = sums_.find(key); at != sums_.end()) {
    at->second += amount;
    return true;
  }
  if (sums_.size() >= max_keys_) {
    ++dropped_;
    return false;
  }
  sums_.emplace(key, amount);
  return true;
}

bool CounterBuffer::take() {
  const std::lock_guard lock(mutex_);
  if (sums_.empty()) return false;
  Outgoing outgoing{.seq = ++last_seq_, .batch = {sums_.begin(), sums_.end()}};
  sums_.clear();
  std::ranges::sort(outgoing.batch);
  outgoing_ = std::move(outgoing);
  return true;
}

base::Status CounterBuffer::write(storage::Database& db, const storage::Context& context) {
  ASHLAR_TRY(db.write(context, [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const bool first, sink_.claim(tx, writer_, outgoing_->seq));
    return first ? sink_.apply(tx, outgoing_->batch) : base::ok_status();
  }));
  outgoing_.reset();
  return base::ok_status();
}

base::Status CounterBuffer::flush(storage::Database& db, const storage::Context& context) {
  const std::lock_guard lock(flushing_);
  // An earlier batch goes first, as it was and under its own number.
  if (outgoing_) ASHLAR_TRY(write(db, context));
  return take() ? write(db, context) : base::ok_status();
}

std::uint64_t CounterBuffer::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

std::size_t CounterBuffer::waiting() const {
  const std::lock_guard flushing(flushing_);
  const std::lock_guard lock(mutex_);
  return sums_.size() + (outgoing_ ? outgoing_->batch.size() : 0);
}

}  // namespace ashlar::cache
