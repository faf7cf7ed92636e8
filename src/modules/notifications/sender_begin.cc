// The half of Sender that goes from a job to a message.
#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "modules/notifications/preferences.h"
#include "modules/notifications/sender.h"
#include "modules/notifications/sender_sending.h"

namespace ashlar::notifications {
namespace {

constexpr base::Millis kRecordingTakes{2'000};

bool has_opted_out(const store::Sending& loaded) {
  if (loaded.critical || loaded.preferences.empty()) return false;
  const base::Result<ChannelChoices> choices = choices_of(loaded.preferences);
  if (!choices.ok()) return false;  // the planner has read them: what cannot be read chose nothing
  return !choices->of(loaded.notification.category, loaded.delivery.channel, true).wanted;
}

}  // namespace

void Sender::attempt(const jobs::Attempt& attempt, std::function<void(jobs::Outcome)> done) {
  const base::Time now = clock_.now();
  // A second later: the runner still leases, and would lease this one again at once.
  if (stopping_.load()) return done(jobs::Outcome::snoozed(now + base::Seconds{1}));
  const std::optional<SendJob> job = send_job_of(attempt.job.payload);
  if (!job) return done(jobs::Outcome::dead("not a delivery"));
  const auto sending = std::make_shared<Sending>(running_, leases_, job->delivery, attempt.job.ref);
  sending->job = *job;
  if (!sending->job.since) sending->job.since = attempt.job.enqueued_at;
  // Failures are those of the job that were reported and those that were lost.
  sending->job_rounds = job->rounds + attempt.job.failures;
  sending->done = std::move(done);
  sending->deadline = std::min(attempt.deadline - kRecordingTakes,
                               clock_.mono() + std::chrono::nanoseconds(kSendTimeout));
  loader_.load(job->delivery, [this, sending](base::Result<std::optional<store::Sending>> found) {
    loaded(sending, std::move(found));
  });
}

void Sender::loaded(const SendingPtr& sending, base::Result<std::optional<store::Sending>> found) {
  const base::Time now = clock_.now();
  if (!found.ok()) return sending->done(jobs::Outcome::snoozed(now + kStorageAway));
  if (stopping_.load()) return sending->done(jobs::Outcome::snoozed(now + base::Seconds{1}));
  if (!*found || (*found)->delivery.state != State::kQueued) {
    return sending->done(jobs::Outcome::cancelled());
  }
  const Delivery& delivery = (*found)->delivery;
  // Its successor goes on with it; the process died before this job heard of that.
  if (sending->job.is_in_order() && delivery.attempts >= kLaneRounds) {
    return sending->done(jobs::Outcome::done());
  }
  if (delivery.next_at && *delivery.next_at > now) {
    return sending->done(jobs::Outcome::snoozed(*delivery.next_at));
  }
  // Each that has a record is a round of the delivery.
  sending->after_unknown =
      sending->job_rounds > delivery.attempts && !leases_.none_begun(delivery.id, sending->lease);
  sending->round = std::max(sending->job_rounds, delivery.attempts) + 1;
  sending->loaded = **std::move(found);
  sending->loaded.maybe_sent = sending->loaded.maybe_sent || sending->after_unknown;
  // Who sends it again by hand wants it sent.
  if (sending->loaded.delivery.replay_of.is_set()) {
    sending->loaded.notification.expires_at.reset();
  }
  if (ends_before_sending(sending)) return;
  render(sending);
}

bool Sender::ends_before_sending(const SendingPtr& sending) {
  const store::Sending& loaded = sending->loaded;
  const auto& expires_at = loaded.notification.expires_at;
  if (expires_at && *expires_at <= clock_.now()) {
    end(sending, State::kExpired, "expired", "It was not handed over in time.");
  } else if (!loaded.suppression.empty()) {
    end(sending, State::kSkipped, "suppressed",
        "The address was suppressed meanwhile: " + loaded.suppression + ".");
  } else if (has_opted_out(loaded)) {
    end(sending, State::kSkipped, "opted_out", "The recipient has opted out meanwhile.");
  } else if (!loaded.delivery.target.device.empty() && !loaded.platform) {
    end(sending, State::kFailed, "device_gone", "The device is registered no more.");
  } else {
    return false;
  }
  return true;
}

void Sender::render(const SendingPtr& sending) {
  base::Result<RenderedMessage> rendered =
      renderer_.render(sending->loaded.notification, sending->loaded.delivery);
  if (rendered.ok()) {
    sending->message = *std::move(rendered);
    send_next(sending);
    return;
  }
  const base::Error& error = rendered.error();
  if (error.code == base::Code::kUnavailable || error.code == base::Code::kDeadline) {
    return put_off(sending, kStorageAway);
  }
  end(sending, State::kFailed, error.reason, error.detail, true);
}

}  // namespace ashlar::notifications
