#include "modules/documents/session_message.h"

#include <charconv>
#include <utility>

#include "modules/documents/crdt/lib0.h"
#include "modules/documents/document_sessions.h"

namespace ashlar::documents {
namespace {

constexpr std::uint64_t kLast = 1;
constexpr std::uint64_t kEnded = 2;
constexpr std::uint64_t kTruncated = 4;
constexpr std::size_t kLeastSession = 6;  // bytes of one, on the wire

// 63 bits, which are more than a varuint of lib0 has.
void write_instance(std::string& out, InstanceId id) {
  crdt::write_var_bytes(out, id.is_set() ? id.to_string() : std::string());
}

InstanceId read_instance(crdt::Reader& reader) {
  const std::string_view text = reader.var_bytes();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool reads = error == std::errc() && end == text.data() + text.size();
  if (!reads && !text.empty()) reader.fail(crdt::Fault::kMalformed);
  return InstanceId(reads ? value : 0);
}

SessionView read_session(crdt::Reader& reader) {
  SessionView session;
  session.id = SessionId(static_cast<std::int64_t>(reader.varuint()));
  session.user = reader.var_string();
  session.name = reader.var_string();
  const std::uint64_t access = reader.varuint();
  if (access > static_cast<std::uint64_t>(Access::kWrite)) reader.fail(crdt::Fault::kMalformed);
  session.access = reader.ok() ? static_cast<Access>(access) : Access::kNone;
  session.wire = reader.var_string();
  session.since = base::from_micros(static_cast<std::int64_t>(reader.varuint()));
  return session;
}

}  // namespace

SessionView view_of(const DocumentSession& session) {
  const Visitor& visitor = session.visitor;
  return {session.id,   visitor.user, visitor.name, visitor.access, std::string(visitor.wire),
          session.since};
}

std::string bytes_of(const SessionQuestion& question) {
  std::string out;
  crdt::write_varuint(out, question.number);
  write_instance(out, question.to);
  crdt::write_varuint(out, static_cast<std::uint64_t>(question.ends.value));
  return out;
}

std::optional<SessionQuestion> read_session_question(std::string_view news) {
  crdt::Reader reader(news);
  SessionQuestion question;
  question.number = reader.varuint();
  question.to = read_instance(reader);
  question.ends = SessionId(static_cast<std::int64_t>(reader.varuint()));
  if (!reader.ok()) return std::nullopt;
  return question;
}

std::optional<SessionAnswer> read_session_answer(std::string_view news) {
  crdt::Reader reader(news);
  SessionAnswer answer;
  answer.to = read_instance(reader);
  answer.number = reader.varuint();
  answer.part = reader.varuint();
  const std::uint64_t flags = reader.varuint();
  answer.last = (flags & kLast) != 0;
  answer.ended = (flags & kEnded) != 0;
  answer.truncated = (flags & kTruncated) != 0;
  for (std::uint64_t left = reader.count(kLeastSession); left > 0 && reader.ok(); --left) {
    answer.sessions.push_back(read_session(reader));
  }
  if (!reader.ok()) return std::nullopt;
  return answer;
}

void SessionAnswers::add(const SessionView& session) {
  if (sessions_.size() >= kMaxPartBytes && parts_.size() + 1 < kMaxParts) end_part(0);
  if (sessions_.size() >= kMaxPartBytes) {
    truncated_ = true;
    return;
  }
  crdt::write_varuint(sessions_, static_cast<std::uint64_t>(session.id.value));
  crdt::write_var_bytes(sessions_, session.user);
  crdt::write_var_bytes(sessions_, session.name);
  crdt::write_varuint(sessions_, static_cast<std::uint64_t>(session.access));
  crdt::write_var_bytes(sessions_, session.wire);
  crdt::write_varuint(sessions_, static_cast<std::uint64_t>(base::to_micros(session.since)));
  ++count_;
}

std::vector<std::string> SessionAnswers::finish(bool ended) {
  end_part(kLast | (ended ? kEnded : 0) | (truncated_ ? kTruncated : 0));
  return std::move(parts_);
}

void SessionAnswers::end_part(std::uint64_t flags) {
  std::string part;
  write_instance(part, to_);
  crdt::write_varuint(part, number_);
  crdt::write_varuint(part, parts_.size());
  crdt::write_varuint(part, flags);
  crdt::write_varuint(part, std::exchange(count_, 0));
  part += sessions_;
  sessions_.clear();
  parts_.push_back(std::move(part));
}

}  // namespace ashlar::documents
