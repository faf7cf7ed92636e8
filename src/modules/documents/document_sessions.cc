#include "modules/documents/document_sessions.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/check.h"

namespace ashlar::documents {

SessionId next_session_id() {
  static std::atomic<std::int64_t> last{0};
  return SessionId(last.fetch_add(1, std::memory_order_relaxed) + 1);
}

DocumentSession& DocumentSessions::join(SessionId id, Peer& peer, Visitor visitor, base::Time now) {
  CHECK(find(peer) == nullptr);
  auto session = std::make_unique<DocumentSession>();
  session->id = id;
  session->peer = &peer;
  session->visitor = std::move(visitor);
  session->since = now;
  by_peer_[&peer] = session.get();
  by_id_[id.value] = session.get();
  return *sessions_.emplace_back(std::move(session));
}

std::vector<crdt::ClientId> DocumentSessions::leave(const Peer& peer) {
  std::vector<crdt::ClientId> freed;
  const auto found = by_peer_.find(&peer);
  if (found == by_peer_.end()) return freed;
  DocumentSession& session = *found->second;
  by_peer_.erase(found);
  by_id_.erase(session.id.value);
  for (const crdt::ClientId client : session.clients) {
    const auto owners = owners_.find(client);
    if (owners == owners_.end()) continue;
    std::erase(owners->second, &session);
    if (!owners->second.empty()) continue;
    owners_.erase(owners);
    freed.push_back(client);
  }
  session.peer = nullptr;
  gone_ = true;
  if (depth_ == 0) sweep();
  return freed;
}

DocumentSession* DocumentSessions::find(const Peer& peer) {
  const auto found = by_peer_.find(&peer);
  return found == by_peer_.end() ? nullptr : found->second;
}

const DocumentSession* DocumentSessions::find(const Peer& peer) const {
  const auto found = by_peer_.find(&peer);
  return found == by_peer_.end() ? nullptr : found->second;
}

DocumentSession* DocumentSessions::find(SessionId id) {
  const auto found = by_id_.find(id.value);
  return found == by_id_.end() ? nullptr : found->second;
}

bool DocumentSessions::is_taken(crdt::ClientId client, const DocumentSession& by) const {
  const auto owners = owners_.find(client);
  return owners != owners_.end() && owners->second.front()->visitor.user != by.visitor.user;
}

bool DocumentSessions::claim(crdt::ClientId client, DocumentSession& by) {
  if (std::find(by.clients.begin(), by.clients.end(), client) != by.clients.end()) return true;
  if (by.clients.size() >= kMaxClients) return false;
  by.clients.push_back(client);
  owners_[client].push_back(&by);
  return true;
}

void DocumentSessions::sweep() {
  if (!std::exchange(gone_, false)) return;
  std::erase_if(sessions_, [](const auto& session) { return session->peer == nullptr; });
}

}  // namespace ashlar::documents
