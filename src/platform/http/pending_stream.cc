#include "platform/http/pending_stream.h"

namespace ashlar::http {

bool PendingStream::push(std::string_view event, std::string_view data) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  if (stream_) return stream_->push(event, data);
  early_bytes_ += event.size() + data.size();
  if (early_bytes_ > kMaxBacklogBytes) {
    closed_ = true;
    return false;
  }
  early_.emplace_back(event, data);
  return true;
}

void PendingStream::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  if (stream_) stream_->close();
}

bool PendingStream::is_open() const {
  const std::lock_guard lock(mutex_);
  return !closed_ && (!stream_ || stream_->is_open());
}

void PendingStream::begin(HeaderList headers) {
  const std::lock_guard lock(mutex_);
  stream_ = sink_->start_stream(std::move(headers));
  sink_.reset();
  for (const auto& [event, data] : early_) stream_->push(event, data);
  early_.clear();
  if (closed_) stream_->close();
}

}  // namespace ashlar::http
