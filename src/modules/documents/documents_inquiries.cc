// Documents: who has a document open on all instances, and how somebody is shown out wherever he
// is.
#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "modules/documents/crdt/ids.h"
#include "modules/documents/documents.h"

namespace ashlar::documents {
namespace {

using base::Code;
using base::fail;

base::Error overloaded() {
  return fail(Code::kUnavailable, "documents_overloaded", "Too much is being asked of others.");
}
base::Error no_session() {
  return fail(Code::kNotFound, "document_session_not_found", "There is no such session.");
}

}  // namespace

void Documents::find_sessions(base::TenantId tenant, std::string name, Seen done) {
  find(tenant, std::move(name), {}, Missing::kFail,
       [this, done = std::move(done)](base::Result<std::shared_ptr<LiveDocument>> found) {
         if (!found.ok()) return done(found.error());
         const std::shared_ptr<LiveDocument> live = *std::move(found);
         SessionInquiries::Wanted wanted;
         if (relay_) {
           PresenceRelay::Others others = relay_->others();
           wanted = {.of = std::move(others.living), .and_others = !others.are_all, .until = {}};
         }
         ask_others(*live, {}, std::move(wanted),
                    [this, live, done](base::Result<SessionInquiries::Report> report) {
                      if (!report.ok()) return done(report.error());
                      std::vector<std::pair<InstanceId, SessionView>> here;
                      live->for_each_session([&](const DocumentSession& session) {
                        here.emplace_back(self_, view_of(session));
                      });
                      report->sessions.insert(report->sessions.begin(), here.begin(), here.end());
                      report->answered.insert(report->answered.begin(), self_);
                      done(std::move(report));
                    });
       });
}

void Documents::end_session(base::TenantId tenant, std::string name, InstanceId holder,
                            SessionId id, Ended done) {
  find(tenant, std::move(name), {}, Missing::kFail,
       [this, holder, id,
        done = std::move(done)](base::Result<std::shared_ptr<LiveDocument>> found) {
         if (!found.ok()) return done(found.error());
         LiveDocument& live = **found;
         if (holder == self_) {
           const bool ended = live.end_session(id, EndReason::kKicked);
           return done(ended ? base::ok_status() : no_session());
         }
         const auto number = static_cast<std::uint64_t>(id.value);
         const bool reads = id.value > 0 && number <= crdt::kMaxInteger && holder.value > 0;
         if (!relay_ || !reads) return done(no_session());
         const PresenceRelay::Others others = relay_->others();
         const bool lives = std::ranges::find(others.living, holder) != others.living.end();
         if (!lives && others.are_all) return done(no_session());
         ask_others(live, {.to = holder, .ends = id}, {.of = {holder}, .until = {}},
                    [done](const base::Result<SessionInquiries::Report>& report) {
                      if (!report.ok()) return done(report.error());
                      if (report->ended) return done(base::ok_status());
                      if (report->missing.empty()) return done(no_session());
                      done(fail(Code::kDeadline, "document_instance_silent",
                                "The instance where he is has not answered; look who is there."));
                    });
       });
}

// On the document's loop, like `done`.
void Documents::ask_others(LiveDocument& live, SessionQuestion question,
                           SessionInquiries::Wanted wanted, const Seen& done) {
  if (wanted.of.empty() && !wanted.and_others) return done(SessionInquiries::Report{});
  const std::string key = key_of(live.row().tenant, live.row().name);
  const std::size_t index = shard_of(key);
  Shard& shard = *shards_[index];
  if (!relay_->has_room()) return done(overloaded());
  wanted.until = clock_.mono() + kPatience;
  const auto number = shard.inquiries.ask(wanted, [this, done](SessionInquiries::Report report) {
    metrics_.session_silences.add(report.missing.size());
    done(std::move(report));
  });
  if (!number) return done(overloaded());
  question.number = *number;
  const std::string news = bytes_of(question);
  std::string packet;
  append_record(packet, {.kind = PresenceKind::kAsk, .key = key, .news = news});
  relay_->say(std::move(packet));
  loops_.loop(index).run_at(wanted.until,
                            [this, index] { shards_[index]->inquiries.expire(clock_.mono()); });
}

// Where there is no room for the answer, the asker finds this instance silent.
void Documents::answer_question(Shard& shard, InstanceId from, const std::string& key,
                                const SessionQuestion& question) {
  if (shard.stopping || (question.to.is_set() && question.to != self_)) return;
  metrics_.session_questions.add();
  SessionAnswers answers(from, question.number);
  bool ended = false;
  const auto at = shard.entries.find(key);
  if (at != shard.entries.end() && at->second.live) {
    const std::shared_ptr<LiveDocument> live = at->second.live;
    if (question.ends.is_set()) {
      ended = live->end_session(question.ends, EndReason::kKicked);
    } else {
      live->for_each_session(
          [&](const DocumentSession& session) { answers.add(view_of(session)); });
    }
  }
  for (const std::string& news : answers.finish(ended)) {
    if (!relay_->has_room()) return;
    std::string packet;
    append_record(packet, {.kind = PresenceKind::kAnswer, .key = key, .news = news});
    relay_->say(std::move(packet));
  }
}

}  // namespace ashlar::documents
