// PendingStream: an event stream whose handler has not said yet whether there will be one.
//
// The handler may register it and even be pushed to by other threads at once; what is pushed before
// begin() waits, bounded, and is sent first.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "platform/http/event_stream.h"
#include "platform/http/exchange.h"

namespace ashlar::http {

class PendingStream final : public EventStream {
 public:
  explicit PendingStream(std::shared_ptr<AnswerSink> sink) : sink_(std::move(sink)) {}

  bool push(std::string_view event, std::string_view data) override;
  void close() override;
  [[nodiscard]] bool is_open() const override;

  void begin(HeaderList headers);

 private:
  mutable std::mutex mutex_;  // guards what follows
  std::shared_ptr<AnswerSink> sink_;
  std::shared_ptr<EventStream> stream_;  // null before begin()
  std::vector<std::pair<std::string, std::string>> early_;
  std::size_t early_bytes_ = 0;
  bool closed_ = false;
};

}  // namespace ashlar::http
