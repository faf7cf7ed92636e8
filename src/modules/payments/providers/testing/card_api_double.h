// CardApiDouble: as much of the card API as the connector uses, on a free port of 127.0.0.1:
// payment intents and refunds, idempotent by key, with lists that are paged; and it can lose an
// answer after it has done what was asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/outbound/testing/fault_server.h"

namespace ashlar::payments {

class CardApiDouble {
 public:
  CardApiDouble()
      : server_(std::make_unique<outbound::FaultServer>(
            [this](const outbound::FaultServer::Request& request) { return take(request); })) {}

  [[nodiscard]] std::string url() const {
    std::string url = server_->url("");
    while (url.ends_with('/')) url.pop_back();
    return url;
  }

  using Reply = outbound::FaultServer::Reply;
  struct Seen {
    std::string method, target, key, authorization, body;
  };

  // The next request gets this instead of an answer; with `after_doing` it is done all the same.
  void answer_once(Reply reply, bool after_doing) {
    const std::lock_guard lock(mutex_);
    instead_ = std::move(reply);
    after_doing_ = after_doing;
  }
  // From now on answers come so late; what is asked is done at once.
  void answer_after(std::chrono::milliseconds slow) {
    const std::lock_guard lock(mutex_);
    slow_ = slow;
  }
  [[nodiscard]] std::vector<Seen> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  // How often something was made or changed.
  [[nodiscard]] int done() const {
    const std::lock_guard lock(mutex_);
    return done_;
  }
  int page = 100;  // objects of a list's page

 private:
  using Form = std::map<std::string, std::string>;
  struct Intent {
    std::string id, key, capture, status;
    std::int64_t amount = 0, received = 0;
  };
  struct Refund {
    std::string id, key, intent;
    std::int64_t amount = 0;
  };

  static Form form_of(std::string_view text);
  static std::string json_of(const Intent& one);
  static std::string json_of(const Refund& one);

  Reply take(const outbound::FaultServer::Request& request);
  Reply once(const std::string& key, const outbound::FaultServer::Request& request);
  Reply change(const std::string& target, Form form);
  Reply make_intent(Form& form);
  Reply make_refund(Form& form);
  Reply look(const std::string& target);
  template <class T>
  Reply list(const std::vector<T>& all, Form& form) const;
  Intent* find(const std::string& id);

  mutable std::mutex mutex_;  // guards what follows
  std::vector<Seen> seen_;
  std::map<std::string, Reply> answers_;
  std::vector<Intent> intents_;
  std::vector<Refund> refunds_;
  std::optional<Reply> instead_;
  bool after_doing_ = false;
  std::chrono::milliseconds slow_{0};
  int done_ = 0;
  std::unique_ptr<outbound::FaultServer> server_;  // last: it is served when all else is there
};

}  // namespace ashlar::payments
