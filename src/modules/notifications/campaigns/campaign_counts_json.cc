#include "modules/notifications/notifications_json.h"

namespace ashlar::notifications {

const json::Schema<CampaignCountsJson>& campaign_counts_schema() {
  static const auto kSchema =
      json::Schema<CampaignCountsJson>(
          "CampaignCounts", "audience = sent + skipped + failed + waiting, at any moment, exactly.")
          .required("audience", &CampaignCountsJson::audience, {.doc = "Recipients in all."})
          .required("sent", &CampaignCountsJson::sent, {.doc = "A provider has taken it."})
          .required("skipped", &CampaignCountsJson::skipped, {.doc = "A rule forbade it."})
          .required("failed", &CampaignCountsJson::failed, {.doc = "It will not arrive."})
          .required("waiting", &CampaignCountsJson::waiting, {.doc = "Yet to come."})
          .required("unknown", &CampaignCountsJson::unknown,
                    {.doc = "Of the failed: maybe handed over, never known."})
          .required("repeated", &CampaignCountsJson::repeated,
                    {.doc = "Of all: sent again, since an attempt's answer was lost."})
          .required("delivered", &CampaignCountsJson::delivered, {.doc = "Providers said so."})
          .required("opened", &CampaignCountsJson::opened, {.doc = "Of the delivered."})
          .required("bounced", &CampaignCountsJson::bounced, {.doc = "Came back."});
  return kSchema;
}

}  // namespace ashlar::notifications
