// LiveDocument: what stands behind Document (document.h has the picture and the promises): the
// engine's document, who has it open, and the batch on its way to the log.
//
//   open ──a write failed──> broken: every peer is ended, whoever waits is told
//     └──another process wrote first──> behind ──catch_up()──> open: what it wrote is applied and
//                                          shown, what was under way is written behind it
//
// Its loop's thread alone. It lives in a shared_ptr: writes under way keep it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/documents/crdt/doc.h"
#include "modules/documents/document.h"
#include "modules/documents/document_quotas.h"
#include "modules/documents/document_row.h"
#include "modules/documents/document_sessions.h"
#include "modules/documents/instance_id.h"
#include "modules/documents/live_batch.h"
#include "modules/documents/live_limits.h"
#include "modules/documents/log_follower.h"
#include "modules/documents/log_writer.h"
#include "modules/documents/pace.h"

namespace ashlar::obs {
class Log;
}

namespace ashlar::documents {

class DocumentPresence;  // document_presence.h
struct DocumentMetrics;  // document_metrics.h
struct PresenceRecord;   // presence_packet.h

class LiveDocument final : public Document, public std::enable_shared_from_this<LiveDocument> {
 public:
  struct Needs {
    runtime::EventLoop& loop;
    LogWriter& writer;
    DocumentMetrics& metrics;
    DocumentQuotas& quotas;
    obs::Log& log;
    LiveLimits limits;
  };
  // `row` and `doc` as one transaction read them; `options` are `doc`'s. `needs` outlives it.
  LiveDocument(DocumentRow row, crdt::Doc doc, const crdt::Doc::Options& options,
               const Needs& needs);
  ~LiveDocument() override;

  // --- The wires' face: document.h -------------------------------------------------------------
  base::Result<SessionId> join(Peer& peer, Visitor visitor) override;
  void leave(Peer& peer) override;
  void renew(Peer& peer, Visitor visitor) override;
  void sync(Peer& peer, const crdt::StateVector& have) override;
  [[nodiscard]] crdt::StateVector state_vector() const override { return doc_.state_vector(); }
  base::Result<Pushed> push(Peer& peer, std::string_view update, Ticket ticket) override;
  base::Status awareness(Peer& peer, std::string_view update) override;
  [[nodiscard]] std::shared_ptr<const Broadcast> awareness_states() override;
  [[nodiscard]] Access access_of(const Peer& peer) const override;
  [[nodiscard]] std::string_view name() const override { return row_.name; }
  [[nodiscard]] runtime::EventLoop& loop() const override { return needs_.loop; }

  // --- The API's -------------------------------------------------------------------------------
  // Once all that is in memory now is durable, or cannot be any more.
  using Done = LiveBatch::Done;
  void when_durable(Done done);
  // An update that came by HTTP. Errors and success by `done`.
  void submit(std::string_view author, std::string_view update, Done done);
  // `edit` changes the document and gives the update that says so; with an error it has changed
  // nothing, else it works on a copy.
  using Edit = std::function<base::Result<std::string>(crdt::Doc&)>;
  enum class Where : std::uint8_t { kHere, kInCopy };
  void edit(std::string_view author, Where where, const Edit& edit, Done done);
  [[nodiscard]] const crdt::Doc& doc() const { return doc_; }
  [[nodiscard]] const DocumentRow& row() const { return row_; }  // seq: of what is durable
  [[nodiscard]] Seq last_seq() const { return last_seq_; }       // of what doc() has
  // Any thread: whether it may have `more` bytes besides `stored`, as the database told. Errors as
  // of DocumentQuotas, counted.
  [[nodiscard]] base::Status check_room(std::int64_t stored, std::size_t more) const;
  // What was stored by another way than by what is written here.
  void note_stored(std::int64_t bytes);
  [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }
  void for_each_session(const std::function<void(const DocumentSession&)>& call);
  // False: there is none.
  bool end_session(SessionId id, EndReason reason);
  void ask_again(const std::function<bool(const Visitor&)>& concerns);
  // To that question: what he may do; kNone ends him, an error is asked again.
  void answer(SessionId id, std::uint64_t question, const base::Result<Access>& access);

  // --- The host's ------------------------------------------------------------------------------
  void end_all(EndReason reason);
  // Now and then: tokens that are over, presence, announcements.
  void tick();
  // Writes what is not announced yet without waiting for its time.
  void announce_now();
  // A snapshot is written where the log is longer than `bytes`. False: it is not.
  bool want_snapshot(std::size_t bytes);
  [[nodiscard]] bool is_broken() const { return broken_; }
  [[nodiscard]] bool is_settled() const { return !flying_ && open_.empty(); }
  [[nodiscard]] bool is_idle() const { return sessions() == 0 && is_settled() && !unannounced_; }
  [[nodiscard]] base::Mono last_used() const { return last_used_; }
  [[nodiscard]] std::size_t memory_bytes();  // measured anew when it has changed
  // Another process is said to have written so much; kAnySeq: something may have been missed. It is
  // read when nothing of this one's own is on its way to the log.
  void hear_of(Seq seq);
  // The answer to on_behind(): what the log has behind row().seq. Storage that does not answer is
  // asked again for a while (log_follower.h); another error, or a longer silence, breaks the
  // document.
  void catch_up(const base::Result<std::vector<UpdateRow>>& tail);
  void hear_presence(InstanceId from, const PresenceRecord& record);
  void presence_gone(InstanceId instance);
  [[nodiscard]] DocumentPresence& presence() { return *presence_; }
  std::function<void(const DocumentSession&)> on_question;  // asks DocumentDoor::check_again()
  // Called when the log has more than memory: whoever hears it reads the log and calls catch_up().
  std::function<void()> on_behind;
  // Called once, when a write has failed.
  std::function<void()> on_broken;
  // Called when it has become settled.
  std::function<void()> on_settled;

 private:
  struct Written;
  void ask(DocumentSession& session);
  void set_access(SessionId id, Access access);
  // `by` is null where nobody who is here pushed it.
  base::Result<crdt::Doc::Applied> apply(std::string_view update, DocumentSession* by,
                                         std::string_view author);
  base::Status check_owner(std::string_view update, DocumentSession& by);
  [[nodiscard]] bool is_taken(crdt::ClientId client, const DocumentSession& by) const;
  void claim_client(std::string_view update, DocumentSession& by);
  void add(std::string_view author, std::string_view stored, std::string_view shown,
           SessionId from);
  [[nodiscard]] LiveBatch& last_batch() { return open_.empty() ? in_flight_ : open_; }
  [[nodiscard]] bool is_urgent() const;
  void flush_soon();
  void flush_at(base::Mono when);
  void flush();
  void send(bool announce);  // what is in flight
  void written(const Written& done, const base::Status& status);
  void read_on();
  void catch_up_later(const base::Error& why);
  [[nodiscard]] bool clashes_with(const UpdateRow& theirs) const;
  base::Status take_in(std::string_view update, std::vector<LiveBatch::Delivery>& news);
  [[nodiscard]] base::Status check_room(std::size_t bytes) const;
  Seq renumber(LiveBatch& batch, Seq from);
  void deliver(LiveBatch& batch);
  void tell(const std::vector<LiveBatch::Delivery>& deliveries);
  void fail_all(LiveBatch batch, const base::Error& why);
  void note_change();
  [[nodiscard]] bool announcement_due() const;
  [[nodiscard]] LogWrite::Announcement announcement(Seq seq) const;
  void broadcast_awareness(std::string bytes);

  const Needs needs_;
  DocumentRow row_;
  const std::shared_ptr<DocumentQuotas::Use> tenant_use_;
  Seq last_seq_;  // in memory
  const crdt::Doc::Options options_;
  crdt::Doc doc_;
  DocumentSessions sessions_;
  const std::unique_ptr<DocumentPresence> presence_;
  LiveBatch open_;
  LiveBatch in_flight_;
  bool flying_ = false;
  bool behind_ = false;  // what is in flight waits for catch_up()
  LogFollower follower_;
  int moved_ = 0;  // how often, one after another
  Pace pace_;
  bool flush_posted_ = false;
  bool flush_timed_ = false;
  bool broken_ = false;
  bool wants_snapshot_ = false;
  bool unannounced_ = false;
  base::Mono first_change_{};
  base::Mono last_change_{};
  base::Mono last_used_{};
  base::Mono next_expiry_{};
  std::size_t measured_bytes_ = 0;
  Seq measured_seq_ = -1;
};

}  // namespace ashlar::documents
