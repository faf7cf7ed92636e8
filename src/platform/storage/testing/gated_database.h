// GatedDatabase: a database whose reads or writes wait on demand, and that tells which notices have
// come: for tests of what happens in between.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "platform/storage/database.h"

namespace ashlar::storage {

class GatedDatabase final : public Database {
 public:
  explicit GatedDatabase(std::unique_ptr<Database> inner) : inner_(std::move(inner)) {}

  // Writes wait before they begin, reads once they have read. Any thread.
  void close_writes() { set(writes_closed_, true); }
  void open_writes() { set(writes_closed_, false); }
  void close_reads() { set(reads_closed_, true); }
  void open_reads() { set(reads_closed_, false); }

  // False: not within ten seconds.
  bool wait_for_waiting_read() {
    return wait([this] { return waiting_reads_ > 0; });
  }
  bool wait_until_reads_have_gone() {
    return wait([this] { return waiting_reads_ == 0; });
  }
  // Notices that everybody who has subscribed was told.
  bool wait_for_notices(const std::string& channel, std::size_t count) {
    return wait([&] { return notices_[channel] >= count; });
  }
  std::size_t notices(const std::string& channel) {
    const std::lock_guard lock(mutex_);
    return notices_[channel];
  }

  void subscribe(std::string channel, std::function<void(const Notice&)> receive) override {
    inner_->subscribe(channel, [this, channel, receive](const Notice& notice) {
      receive(notice);
      {
        const std::lock_guard lock(mutex_);
        ++notices_[channel];
      }
      changed_.notify_all();
    });
  }
  [[nodiscard]] Dialect dialect() const override { return inner_->dialect(); }
  base::Status ping(base::Mono deadline) override { return inner_->ping(deadline); }
  base::Result<std::string> check_integrity() override { return inner_->check_integrity(); }

 protected:
  base::Status run_body(const Context& context, Mode mode, const Body& body) override {
    if (mode == Mode::kWrite) {
      wait([this] { return !writes_closed_; });
      return inner_->write(context, body);
    }
    base::Status done = inner_->read(context, body);
    count_waiting(+1);
    wait([this] { return !reads_closed_; });
    count_waiting(-1);
    return done;
  }

 private:
  void set(bool& gate, bool closed) {
    {
      const std::lock_guard lock(mutex_);
      gate = closed;
    }
    changed_.notify_all();
  }
  void count_waiting(int change) {
    {
      const std::lock_guard lock(mutex_);
      waiting_reads_ += change;
    }
    changed_.notify_all();
  }
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), condition);
  }

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool writes_closed_ = false;
  bool reads_closed_ = false;
  int waiting_reads_ = 0;
  std::map<std::string, std::size_t> notices_;

  const std::unique_ptr<Database> inner_;  // the last: its threads come here until they end
};

}  // namespace ashlar::storage
