// CampaignRun: one chunk being worked, turn by turn.
//
//   open ── somebody else's, done ──> [over]
//    │ taken (fence): those begun before are in doubt, those to be retried wait again
//    v
//   ┌> hear ── what has been answered
//   │  fill ── the next window: rules, text, a place with a provider (lease); nothing is sent yet
//   │  save ── ONE commit: what was heard, and whom the window begins with
//   │  launch ─ paused, stopped, cancelled meanwhile: the window is given back, nothing was begun
//   └──┘ nothing under way and nothing to begin:
//        rest ── [done] all have ended · [later] at the first that may go · [idle] paused ──>
//        [over]
//
// Invariants
//  1. Nobody is handed to a provider before a commit holds that they are, and by whom.
//  2. After a commit that says chunk_lost nothing is sent and nothing is written any more.
//  3. At most kUnderWay are under way; a window has at most kWindow, at a pace fewer.
//  4. Who is passed over until a moment is looked at again then, also while others are under way.
//  5. The outcomes in memory are those of the last commit, and what was heard since.
//
// turn() by one thread at a time; answers come on any. A turn blocks on the database, never on a
// provider.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "modules/notifications/campaigns/campaign_chunk_store.h"
#include "modules/notifications/campaigns/campaign_effects.h"
#include "modules/notifications/campaigns/campaign_flight.h"
#include "modules/notifications/campaigns/campaign_run_store.h"
#include "modules/notifications/campaigns/campaign_scene.h"
#include "modules/notifications/campaigns/campaign_window.h"
#include "modules/notifications/provider_pool.h"
#include "platform/jobs/job.h"

namespace ashlar::notifications {

struct CampaignServices;

class CampaignRun : public std::enable_shared_from_this<CampaignRun> {
 public:
  static constexpr std::size_t kUnderWay = 256;
  static constexpr std::size_t kWindow = 128;
  static constexpr base::Millis kSendTimeout{45'000};
  // So long an answer may wait for others, to be written down together.
  static constexpr base::Millis kGather{20};
  // Who is held back no longer than this waits where it is.
  static constexpr base::Millis kShortWait{1'500};

  struct Start {
    base::TenantId tenant;
    FedChunk fed;
    base::Mono deadline{};  // of the job's attempt
    std::function<void(jobs::Outcome)> done;
    std::function<void(base::Mono)> wake;  // asks for a turn by then; any thread
  };
  // `services` outlives it.
  CampaignRun(CampaignServices& services, Start start);
  CampaignRun(const CampaignRun&) = delete;
  CampaignRun& operator=(const CampaignRun&) = delete;

  // When the next turn is wanted, if nobody wakes it before; nullopt: it is over, done was called.
  // `stopping`: no more are begun.
  std::optional<base::Mono> turn(bool stopping);
  // Sent and not answered.
  [[nodiscard]] std::size_t under_way();

 private:
  // Why no more are begun.
  enum class Ending : std::uint8_t { kNone, kPaused, kCancelled, kYields };
  struct Answer {
    std::size_t member = 0, part = 0;
    SendResult result;
  };
  struct Aboard {
    CampaignFlight flight;
    Rendered content;
    std::string unsubscribe_url;
    ProviderId provider{};  // of the wave
    std::string provider_name{};
    std::string_view verdict{};  // of the last answer
    base::Mono retry_at{};       // its next wave waits
  };
  struct Room {
    enum class Kind : std::uint8_t { kBoarded, kWait, kNone, kUnfit, kSpent };
    Kind kind = Kind::kWait;
    std::chrono::nanoseconds wait{0};
    Hold hold = Hold::kNone;
  };

  base::Status open();
  std::optional<base::Mono> over(jobs::Outcome outcome);
  std::optional<base::Mono> trouble(const base::Error& error);

  void hear();
  void hear_one(Answer& answer, base::Time now);
  void conclude(std::size_t member);
  void answered(std::size_t member, std::size_t part, SendResult result);

  // campaign_run_fill.cc
  void look_again();
  void note_due(base::Time at);
  void fill();
  void fill_waves();
  bool board_wave(std::size_t member, Aboard& aboard);
  bool fill_one(std::size_t member, base::Time now);
  bool board_fresh(std::size_t member, const ChunkAudience::Reached& reached, base::Time now);
  bool take_local(std::size_t member, const ChunkAudience::Reached& reached,
                  std::vector<CampaignWindow::Local>& into);
  bool wait_for_room(std::size_t member, const Room& room, base::Time now);
  CampaignFlight flight_of(std::size_t member, const ChunkAudience::Reached& reached,
                           base::Time now) const;
  Room find_room(CampaignFlight& flight, CampaignWindow::Boarding& boarding);
  base::Status take_turn();
  void fail_now(std::size_t member, std::string_view reason);

  // campaign_run_save.cc
  base::Status save();
  base::Status write_window(storage::Transaction& tx, CampaignOutcomes& next,
                            CampaignWindow::Held& held);
  base::Status hold_by_caps(storage::Transaction& tx, CampaignWindow::Held& held);
  base::Result<bool> stops_by_errors(storage::Transaction& tx, bool failed_more);
  void written(CampaignOutcomes now);
  void launch(const CampaignWindow::Held& held);
  void launch_one(CampaignWindow::Boarding& boarding);
  void give_back();
  void keep_caught(std::vector<CampaignWindow::Local>& caught, const CampaignWindow::Held& held);
  std::optional<base::Mono> rest();
  base::Status find_arrived(storage::Transaction& tx, CampaignOutcomes& last);
  std::optional<base::Mono> go_on();
  [[nodiscard]] bool has_more() const { return next_ < outcomes_.size(); }
  [[nodiscard]] std::optional<base::Mono> next_turn();

  CampaignServices& services_;
  const Start start_;
  bool opened_ = false;
  bool over_ = false;  // guarded by mutex_ for those who answer
  Ending ending_ = Ending::kNone;

  std::optional<CampaignScene> scene_;
  std::int64_t fence_ = 0;
  CampaignOutcomes outcomes_;
  std::size_t next_ = 0;  // members before it have been looked at
  std::unordered_map<std::size_t, Aboard> aboard_;
  std::vector<std::size_t> waves_;  // of those aboard: whose next wave is to go
  CampaignWindow window_;
  std::unordered_map<std::size_t, Aboard> boarding_;  // the window's fresh ones
  std::vector<CampaignEffects::One> effects_;
  std::vector<store::CampaignRef> refs_;
  CampaignCounts saved_;                    // of the last commit
  bool changed_ = false;                    // there is something to write down
  base::Mono not_before_{};                 // nobody is begun before
  std::optional<base::Time> held_until_{};  // by a provider, for long
  std::optional<base::Time> due_again_{};   // the first of those that were passed over
  std::int64_t turns_left_ = 0;             // of the pace, in hand
  int troubles_ = 0;

  std::mutex mutex_;  // guards what follows
  std::vector<Answer> answers_;
  std::size_t unanswered_ = 0;
};

}  // namespace ashlar::notifications
