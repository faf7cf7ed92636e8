// DocumentSessions: who has one document open, and which client ids are theirs. Part of
// LiveDocument; its loop's thread.
//
// for_each() may meet join() and leave() of anybody, called by those whom it calls: who leaves is
// not called any more, who comes is not called yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/documents/crdt/ids.h"
#include "modules/documents/peer.h"

namespace ashlar::documents {

// Whether a session's access still holds: one question at a time is under way.
struct AccessQuestion {
  std::uint64_t number = 0;  // of the last one; answers to others are void
  bool asked = false;        // it has no answer yet
  bool wanted = false;       // another one, once there is one
  base::Mono not_before{};   // after one that failed
};

struct DocumentSession {
  SessionId id;
  Peer* peer = nullptr;  // null: has left
  Visitor visitor;
  base::Time since{};
  std::vector<crdt::ClientId> clients;  // that are this session's, at most kMaxClients
  AccessQuestion question;
};

// A new one.
SessionId next_session_id();

class DocumentSessions {
 public:
  static constexpr std::size_t kMaxClients = 64;

  // REQUIRES: the peer is not in.
  DocumentSession& join(SessionId id, Peer& peer, Visitor visitor, base::Time now);
  // The client ids that are nobody's any more.
  std::vector<crdt::ClientId> leave(const Peer& peer);

  [[nodiscard]] DocumentSession* find(const Peer& peer);
  [[nodiscard]] const DocumentSession* find(const Peer& peer) const;
  [[nodiscard]] DocumentSession* find(SessionId id);
  [[nodiscard]] std::size_t size() const { return by_peer_.size(); }

  template <class Call>
  void for_each(Call&& call) {
    ++depth_;
    const std::size_t end = sessions_.size();
    for (std::size_t i = 0; i < end; ++i) {
      if (sessions_[i]->peer != nullptr) call(*sessions_[i]);
    }
    if (--depth_ == 0) sweep();
  }

  // Whether a session of another user goes by this client id now.
  [[nodiscard]] bool is_taken(crdt::ClientId client, const DocumentSession& by) const;
  // REQUIRES: it is not taken. False: he has as many as he may have.
  bool claim(crdt::ClientId client, DocumentSession& by);

 private:
  void sweep();

  std::vector<std::unique_ptr<DocumentSession>> sessions_;
  std::unordered_map<const Peer*, DocumentSession*> by_peer_;
  std::unordered_map<std::int64_t, DocumentSession*> by_id_;
  // Several: one user's.
  std::unordered_map<crdt::ClientId, std::vector<DocumentSession*>> owners_;
  int depth_ = 0;
  bool gone_ = false;  // some have left since the last sweep()
};

}  // namespace ashlar::documents
