// TwinHost and TwinDocument: documents without a log and without a CRDT, for tests of the wires:
// what is pushed is merged as bytes, and is durable when the test says so.
//
// Credentials are "write:NAME", "comment:NAME", "read:NAME", whoever NAME is; "busy" is told to
// come again; any other is refused. Everything but admit() and loop_of() is for the loop's thread.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "modules/documents/awareness.h"
#include "modules/documents/broadcast.h"
#include "modules/documents/crdt/update.h"
#include "modules/documents/document.h"
#include "modules/documents/document_host.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::documents {

class TwinDocument final : public Document {
 public:
  TwinDocument(std::string name, runtime::EventLoop& loop) : name_(std::move(name)), loop_(loop) {}

  base::Result<SessionId> join(Peer& peer, Visitor visitor) override {
    peers_.push_back({&peer, std::move(visitor), SessionId(++last_session_)});
    return peers_.back().session;
  }
  void leave(Peer& peer) override {
    const Seat* const seat = seat_of(peer);
    if (seat == nullptr) return;
    const std::uint64_t session = static_cast<std::uint64_t>(seat->session.value);
    std::erase_if(peers_, [&](const Seat& each) { return each.peer == &peer; });
    tell_awareness(awareness_.remove(session));
  }
  void renew(Peer& peer, Visitor visitor) override {
    if (Seat* const seat = seat_of(peer)) seat->visitor = std::move(visitor);
  }
  void sync(Peer& peer, const crdt::StateVector& have) override {
    auto lacks = crdt::diff_update(state, have);
    CHECK(lacks.ok());
    peer.on_sync(std::move(*lacks));
  }
  [[nodiscard]] crdt::StateVector state_vector() const override {
    auto vector = crdt::state_vector_of(state);
    CHECK(vector.ok());
    return *vector;
  }
  base::Result<Pushed> push(Peer& peer, std::string_view update, Ticket ticket) override {
    const std::string_view both[] = {state, update};
    ASHLAR_ASSIGN(std::string next, crdt::merge_updates(both));
    if (next == state) return Pushed::kNothingNew;
    if (access_of(peer) != Access::kWrite) {
      return base::fail(base::Code::kForbidden, "access_read_only", "Read only.");
    }
    state = std::move(next);
    waiting_.push_back({&peer, ticket, std::string(update)});
    if (durable) store();
    return Pushed::kWaiting;
  }
  base::Status awareness(Peer& peer, std::string_view update) override {
    const Seat& seat = *seat_of(peer);
    const Visitor& visitor = seat.visitor;
    const Awareness::Owner owner{static_cast<std::uint64_t>(seat.session.value), visitor.user,
                                 visitor.name, visitor.info, true};
    ASHLAR_ASSIGN(std::string all, awareness_.apply(owner, update, loop_.mono()));
    tell_awareness(std::move(all));
    return base::ok_status();
  }
  [[nodiscard]] std::shared_ptr<const Broadcast> awareness_states() override {
    std::string all = awareness_.states();
    return all.empty() ? nullptr : std::make_shared<const Broadcast>(std::move(all));
  }
  [[nodiscard]] Access access_of(const Peer& peer) const override {
    return std::ranges::find(peers_, &peer, &Seat::peer)->visitor.access;
  }
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] runtime::EventLoop& loop() const override { return loop_; }

  // What waits is durable now.
  void store() {
    while (!waiting_.empty()) {
      const Push push = std::move(waiting_.front());
      waiting_.pop_front();
      const auto update = std::make_shared<const Broadcast>(push.update);
      for (const Seat& seat : std::vector<Seat>(peers_)) {
        seat.peer->on_update(update, seat.peer == push.peer);
      }
      if (seat_of(*push.peer) != nullptr) push.peer->on_stored(push.ticket);
    }
  }
  void tell(const std::shared_ptr<const BroadcastRun>& run) {
    for (const Seat& seat : std::vector<Seat>(peers_)) seat.peer->on_run(run);
  }
  void refuse(const base::Error& why) {
    const Push push = std::move(waiting_.front());
    waiting_.pop_front();
    push.peer->on_refused(push.ticket, why);
  }
  void end(EndReason reason) {
    for (const Seat& seat : std::exchange(peers_, {})) seat.peer->on_end(reason);
  }
  void set_access(Access access) {
    for (Seat& seat : peers_) seat.visitor.access = access;
    for (const Seat& seat : std::vector<Seat>(peers_)) seat.peer->on_access(access);
  }
  [[nodiscard]] std::size_t peers() const { return peers_.size(); }

  std::string state{"\0\0", 2};
  bool durable = true;  // at once

 private:
  struct Seat {
    Peer* peer;
    Visitor visitor;
    SessionId session;
  };
  struct Push {
    Peer* peer;
    Ticket ticket;
    std::string update;
  };

  Seat* seat_of(const Peer& peer) {
    const auto found = std::ranges::find(peers_, &peer, &Seat::peer);
    return found == peers_.end() ? nullptr : &*found;
  }
  void tell_awareness(std::string update) {
    if (update.empty()) return;
    const auto all = std::make_shared<const Broadcast>(std::move(update));
    for (const Seat& seat : std::vector<Seat>(peers_)) seat.peer->on_awareness(all);
  }

  const std::string name_;
  runtime::EventLoop& loop_;
  Awareness awareness_;
  std::vector<Seat> peers_;
  std::deque<Push> waiting_;
  std::int64_t last_session_ = 0;
};

class TwinHost : public DocumentHost {
 public:
  explicit TwinHost(runtime::EventLoop& loop) : loop_(loop) {}

  void admit(std::string credential, std::string name, Admitted done) override {
    static_cast<void>(name);
    const std::size_t colon = std::min(credential.find(':'), credential.size());
    Visitor visitor;
    visitor.user = credential.substr(std::min(colon + 1, credential.size()));
    const std::string access = credential.substr(0, colon);
    visitor.access = access == "write"     ? Access::kWrite
                     : access == "comment" ? Access::kComment
                     : access == "read"    ? Access::kRead
                                           : Access::kNone;
    visitor.cap = visitor.access;
    if (access == "busy") {
      return done(base::fail(base::Code::kUnavailable, "documents_overloaded", "Later."));
    }
    if (visitor.access != Access::kNone) return done(std::move(visitor));
    done(base::fail(base::Code::kUnauthenticated, "invalid_document_token", "Who?"));
  }
  [[nodiscard]] runtime::EventLoop& loop_of(base::TenantId /*tenant*/,
                                            std::string_view /*name*/) const override {
    return loop_;
  }
  void open(const Visitor& visitor, std::string name, Opened done) override {
    static_cast<void>(visitor);
    if (later) {
      opening.emplace_back(std::move(name), std::move(done));
      return;
    }
    if (name == "none") {
      return done(base::fail(base::Code::kNotFound, "document_not_found", "There is none."));
    }
    done(std::shared_ptr<Document>(at(name)));
  }
  void open_all() {
    later = false;
    for (auto& [name, done] : std::exchange(opening, {})) done(std::shared_ptr<Document>(at(name)));
  }
  std::shared_ptr<TwinDocument> at(const std::string& name) {
    auto& document = documents_[name];
    if (!document) document = std::make_shared<TwinDocument>(name, loop_);
    return document;
  }

  bool later = false;  // open() waits for open_all()
  std::vector<std::pair<std::string, Opened>> opening;

 private:
  runtime::EventLoop& loop_;
  std::map<std::string, std::shared_ptr<TwinDocument>> documents_;
};

}  // namespace ashlar::documents
