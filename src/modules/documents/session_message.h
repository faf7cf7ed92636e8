// SessionMessage: what instances ask each other about the sessions of one document: the news of
// PresenceKind::kAsk and kAnswer, whose key is the document.
//
//   ask:    number, whom ("": all), the session to show out (0: who is there?)
//   answer: to whom, number, part, flags, sessions*            all in lib0's varints and strings
//
// Pure; nothing that comes is believed. What stands behind it is a later version's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "modules/documents/instance_id.h"
#include "modules/documents/peer.h"

namespace ashlar::documents {

struct DocumentSession;  // document_sessions.h

// One visit, as those see it who ask who is there.
struct SessionView {
  SessionId id;
  std::string user;
  std::string name;
  Access access = Access::kNone;
  std::string wire;
  base::Time since{};
};
SessionView view_of(const DocumentSession& session);

struct SessionQuestion {
  std::uint64_t number = 0;  // the asker's
  InstanceId to;             // not set: whoever hears it
  SessionId ends;            // to be shown out; not set: who is there?
};
std::string bytes_of(const SessionQuestion& question);
std::optional<SessionQuestion> read_session_question(std::string_view news);

struct SessionAnswer {
  InstanceId to;
  std::uint64_t number = 0;
  std::uint64_t part = 0;  // from 0
  bool last = false;       // nothing follows
  bool ended = false;      // whom the question names was there, and is no more
  bool truncated = false;  // there are more than there was room for
  std::vector<SessionView> sessions;
};
std::optional<SessionAnswer> read_session_answer(std::string_view news);

// What one instance answers to one question, in parts.
class SessionAnswers {
 public:
  static constexpr std::size_t kMaxPartBytes = 30u << 10;  // and one session more
  static constexpr std::size_t kMaxParts = 4;

  SessionAnswers(InstanceId to, std::uint64_t number) : to_(to), number_(number) {}

  // What there is no room for is left out, and said to be.
  void add(const SessionView& session);
  // In order. Once.
  std::vector<std::string> finish(bool ended);

 private:
  void end_part(std::uint64_t flags);

  const InstanceId to_;
  const std::uint64_t number_;
  std::vector<std::string> parts_;
  std::string sessions_;     // of the part that grows
  std::uint64_t count_ = 0;  // of them
  bool truncated_ = false;
};

}  // namespace ashlar::documents
