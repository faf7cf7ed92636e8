#include "platform/observability/record_queue.h"

#include <utility>

namespace ashlar::obs {

bool RecordQueue::push(std::int64_t stamp, std::string_view record) {
  Lane& lane = lanes_[thread_shard()];
  bool half = false;
  {
    const std::lock_guard lock(lane.mutex);
    if (lane.content.bytes.size() + record.size() > limits_.lane_bytes ||
        lane.content.entries.size() >= limits_.lane_records) {
      ++lane.refused;
      return false;
    }
    lane.content.bytes += record;
    lane.content.entries.push_back({stamp, record.size()});
    half = is_half_full(lane.content);
  }
  // No wake-up is lost: the consumer changes state_ first and then looks into the lanes, so either
  // it found this record, or its change happened before this lane's unlock and is seen here.
  const State state = state_.load();
  if (state == State::kWaiting || (state == State::kLingering && half)) wake();
  return true;
}

void RecordQueue::wake() {
  const std::lock_guard lock(mutex_);
  state_ = State::kBusy;
  wake_.notify_one();
}

void RecordQueue::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t ticket = ++flush_wanted_;
  wake_.notify_one();
  done_.wait(lock, [&] { return flush_done_ >= ticket; });
}

void RecordQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  wake_.notify_one();
}

bool RecordQueue::wait(base::Millis linger) {
  std::unique_lock lock(mutex_);
  const auto called = [&] { return closed_ || flush_wanted_ > flush_taken_; };
  state_ = State::kWaiting;
  if (!fill().any) {
    wake_.wait(lock, [&] { return called() || state_ != State::kWaiting; });
  }
  state_ = State::kLingering;
  if (!fill().half) {
    wake_.wait_for(lock, linger, [&] { return called() || state_ != State::kLingering; });
  }
  state_ = State::kBusy;
  flush_taken_ = flush_wanted_;
  return !closed_;
}

void RecordQueue::drain(Batch& out) {
  out.refused = 0;
  for (std::size_t i = 0; i < kShards; ++i) {
    Batch::Content& content = out.lanes_[i];
    content.bytes.clear();
    content.entries.clear();
    const std::lock_guard lock(lanes_[i].mutex);
    std::swap(content, lanes_[i].content);
    out.refused += std::exchange(lanes_[i].refused, 0);
  }
  merge(out);
}

void RecordQueue::done_with_batch() {
  const std::lock_guard lock(mutex_);
  flush_done_ = flush_taken_;
  done_.notify_all();
}

bool RecordQueue::is_half_full(const Batch::Content& content) const {
  return content.bytes.size() >= limits_.lane_bytes / 2 ||
         content.entries.size() >= limits_.lane_records / 2;
}

RecordQueue::Fill RecordQueue::fill() {
  Fill fill;
  for (Lane& lane : lanes_) {
    const std::lock_guard lock(lane.mutex);
    fill.any = fill.any || !lane.content.entries.empty();
    fill.half = fill.half || is_half_full(lane.content);
  }
  return fill;
}

// Takes the lane with the smallest stamp in front, again and again: unlike a sort it keeps each
// lane's order even when the wall clock stepped back between two records.
void RecordQueue::merge(Batch& batch) {
  struct Cursor {
    const Batch::Content* content;
    std::size_t entry;
    std::size_t offset;
  };
  std::vector<Cursor> cursors;
  std::size_t total = 0;
  for (const Batch::Content& content : batch.lanes_) {
    if (!content.entries.empty()) cursors.push_back({&content, 0, 0});
    total += content.entries.size();
  }
  batch.records.clear();
  batch.records.reserve(total);
  const auto stamp = [](const Cursor& c) { return c.content->entries[c.entry].stamp; };
  while (!cursors.empty()) {
    std::size_t first = 0;
    for (std::size_t i = 1; i < cursors.size(); ++i) {
      if (stamp(cursors[i]) < stamp(cursors[first])) first = i;
    }
    Cursor& cursor = cursors[first];
    const std::size_t length = cursor.content->entries[cursor.entry].length;
    batch.records.emplace_back(cursor.content->bytes.data() + cursor.offset, length);
    cursor.offset += length;
    if (++cursor.entry == cursor.content->entries.size()) {
      cursors.erase(cursors.begin() + static_cast<std::ptrdiff_t>(first));
    }
  }
}

}  // namespace ashlar::obs
