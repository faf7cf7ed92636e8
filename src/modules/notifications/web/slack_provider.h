// SlackProvider: chat over incoming webhooks, as Slack has them and others (Mattermost,
// Rocket.Chat) took over.
//
//   settings {"url"}   the webhook's URL, which is a secret: who has it may post
//   body     {"text": "*title*\ntext\nurl"}
//
//   200 "ok"                                accepted
//   400 invalid_payload, no_text, too_many_attachments      our bug
//   403 action_prohibited, 404 no_service, no_team, 410 channel_is_archived …   credential
//   429                                     throttled, Retry-After
//   503                                     retry; other 5xx and lost answers: ambiguous
#pragma once

#include "modules/notifications/provider.h"
#include "platform/outbound/policy.h"

namespace ashlar::notifications {

ProviderKind slack_kind();

SendResult judge_slack(const outbound::Answer& answer, base::Time now);

}  // namespace ashlar::notifications
