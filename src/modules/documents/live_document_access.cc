// LiveDocument: what those who have it open may do, from their coming to their end.
#include <utility>

#include "modules/documents/live_document.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::documents {
namespace {

constexpr base::Millis kAskAfter{500};  // what had no answer

}  // namespace

void LiveDocument::renew(Peer& peer, Visitor visitor) {
  DocumentSession* session = sessions_.find(peer);
  if (session == nullptr) return;
  // A token of another tenant may name the same document and the same user.
  if (visitor.tenant != row_.tenant || visitor.user != session->visitor.user) {
    end_session(session->id, EndReason::kRevoked);
    return;
  }
  const SessionId id = session->id;
  const Access access = visitor.access;
  const Access before = session->visitor.access;
  session->visitor = std::move(visitor);
  session->visitor.access = before;
  session->question.asked = false;  // that was about the one before
  set_access(id, access);
  if (DocumentSession* still = sessions_.find(id)) ask(*still);
}

Access LiveDocument::access_of(const Peer& peer) const {
  const DocumentSession* session = sessions_.find(peer);
  return session == nullptr ? Access::kNone : session->visitor.access;
}

void LiveDocument::for_each_session(const std::function<void(const DocumentSession&)>& call) {
  sessions_.for_each([&](const DocumentSession& session) { call(session); });
}

bool LiveDocument::end_session(SessionId id, EndReason reason) {
  DocumentSession* session = sessions_.find(id);
  if (session == nullptr) return false;
  Peer& peer = *session->peer;
  leave(peer);
  peer.on_end(reason);
  return true;
}

void LiveDocument::end_all(EndReason reason) {
  sessions_.for_each([&](const DocumentSession& session) { end_session(session.id, reason); });
  flush_soon();
}

// --- Whether it still holds ---------------------------------------------------------------------

void LiveDocument::ask_again(const std::function<bool(const Visitor&)>& concerns) {
  sessions_.for_each([&](DocumentSession& session) {
    if (!concerns(session.visitor)) return;
    session.question.not_before = {};
    ask(session);
  });
}

void LiveDocument::ask(DocumentSession& session) {
  AccessQuestion& question = session.question;
  question.wanted = true;
  if (question.asked || needs_.loop.mono() < question.not_before || !on_question) return;
  question.wanted = false;
  question.asked = true;
  ++question.number;
  on_question(session);
}

void LiveDocument::answer(SessionId id, std::uint64_t question,
                          const base::Result<Access>& access) {
  DocumentSession* session = sessions_.find(id);
  if (session == nullptr || !session->question.asked || session->question.number != question) {
    return;
  }
  session->question.asked = false;
  if (!access.ok()) {
    // Storage that does not answer shows nobody out: what he was let in for stands until it does.
    session->question.wanted = true;
    session->question.not_before = needs_.loop.mono() + kAskAfter;
    return;
  }
  set_access(id, *access);
  session = sessions_.find(id);
  if (session != nullptr && session->question.wanted) ask(*session);
}

void LiveDocument::set_access(SessionId id, Access access) {
  DocumentSession* session = sessions_.find(id);
  if (session == nullptr || session->visitor.access == access) return;
  if (access == Access::kNone) {
    end_session(id, EndReason::kRevoked);
    return;
  }
  session->visitor.access = access;
  session->peer->on_access(access);
}

}  // namespace ashlar::documents
