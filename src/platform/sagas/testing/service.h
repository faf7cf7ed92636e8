// Service: another program with its own memory: what it has done, and what it will not do any more.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "platform/json/value.h"
#include "platform/sagas/participant.h"
#include "platform/sagas/saga.h"

namespace ashlar::sagas {

class Service {
 public:
  enum class Does : std::uint8_t {
    kAnswer,
    kFailBefore,  // nothing happens, the caller learns nothing
    kFailAfter,   // it happens, the caller learns nothing
    kRefuse,
    kHang,  // it happens, and no answer ever comes
    kHold,  // it happens when the test calls release()
  };
  // What the next calls of a step ("ship", "ship-undo") meet; then kAnswer.
  void script(const std::string& step, std::deque<Does> next) { scripts_[step] = std::move(next); }

  CallStep step() {
    return [this](const StepCall& call, std::function<void(Answer)> done) {
      take(std::string(call.idempotency_key),
           std::string(call.step) + (call.compensating ? "-undo" : ""), std::move(done));
    };
  }
  void release() {
    for (auto held = std::exchange(held_, {}); auto& one : held) one();
  }

  std::set<std::string> effects;     // keys of actions in effect
  std::map<std::string, int> calls;  // by step
  std::set<std::string> keys;        // all that came

 private:
  void take(const std::string& key, const std::string& step, std::function<void(Answer)> done) {
    ++calls[step];
    keys.insert(key);
    Does does = Does::kAnswer;
    if (auto& script = scripts_[step]; !script.empty()) {
      does = script.front();
      script.pop_front();
    }
    if (does == Does::kHold) {
      held_.push_back([this, key, step, done = std::move(done)] { done(act(key, step)); });
      return;
    }
    if (does == Does::kFailBefore) return done(Answer::failed("no connection"));
    // Who has done it does not say later that it never will.
    if (does == Does::kRefuse && !known_.contains(key)) return done(Answer::refused("no"));
    const Answer answer = act(key, step);
    if (does == Does::kHang) return;
    done(does == Does::kFailAfter ? Answer::failed("the answer got lost") : answer);
  }
  Answer act(const std::string& key, const std::string& step) {
    if (key.ends_with(kUndoSuffix)) {
      const std::string action = key.substr(0, key.size() - kUndoSuffix.size());
      effects.erase(action);
      undone_.insert(action);
      return Answer::done();
    }
    if (undone_.contains(key)) return Answer::refused("undone already");
    known_.insert(key);
    effects.insert(key);
    json::Value::Object add;
    add.emplace_back(step, json::Value("done by the service"));
    return Answer::done(std::move(add));
  }

  std::map<std::string, std::deque<Does>> scripts_;
  std::set<std::string> undone_, known_;
  std::vector<std::function<void()>> held_;
};

}  // namespace ashlar::sagas
