// same_link: whether a link that there is does what a new one would, so that it can be handed out
// instead (find_if_exists).
//
// It does when it leads where the new one would lead, for as long and for the same visitors: equal
// are URL, domain, status, expiry and all settings that change a redirect, those that are not given
// as a new link has them; and it is enabled, not used up, and archived only if that was asked for.
// Title, notes, owner and tags must be equal where they are given. A link with a password is never
// the same as another: their hashes cannot be compared.
//
// Pure.
#pragma once

#include "modules/links/link.h"

namespace ashlar::links {

// REQUIRES of both: their URLs and settings have been checked (links.h).
bool serves_as(const Link& there, const Link& wanted);

}  // namespace ashlar::links
