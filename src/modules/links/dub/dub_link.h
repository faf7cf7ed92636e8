// dub_link: links as Dub writes and takes them. Pure.
//
// Kept and answered: url, domain, key, archived, expiresAt, expiredUrl, password, title, comments
// (our notes), tenantId (our owner), tagIds and tagNames (a tag's id is its name), ios, android and
// geo (our rules by system and country), testVariants (our variants: percentages are weights),
// utm_* (parameters of the URL). Taken and without effect, since nothing here is made of it:
// description, image, video, publicStats, testStartedAt, testCompletedAt, doIndex. Refused where it
// asks for something, since it would not be done: externalId, programId, partnerId, folderId,
// webhookIds, ref, trackConversion, proxy, rewrite, a prefix with other characters than codes have.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modules/links/foreign/foreign_body.h"
#include "modules/links/foreign/link_catalog.h"
#include "modules/links/foreign/tag_desk.h"
#include "modules/links/links_json.h"
#include "platform/json/writer.h"

namespace ashlar::links::dub {

// Stands for a password that there is; sent back it changes nothing.
inline constexpr std::string_view kSomePassword = "********";

struct DubAddresses {
  std::string short_url;   // of the link
  std::string own_domain;  // the installation's own host
  std::string qr_url;      // where short URLs are drawn
};
void write_link(json::Writer& out, const CountedLink& link, const DubAddresses& addresses,
                const TagDesk::Colors& colors, std::string_view workspace);
// "": gray.
void write_tag(json::Writer& out, std::string_view name, std::string_view color);

// Faults are the body's.
struct WantedLink {
  CreateLinkJson link;
  std::string prefix;
  std::optional<std::size_t> length;  // of a code by chance
};
WantedLink wanted_link(ForeignBody& body);
// `now`: what the link is.
LinkPatchJson wanted_change(ForeignBody& body, const Link& now);

}  // namespace ashlar::links::dub
