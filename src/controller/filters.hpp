#pragma once
#include "controller/controller.hpp"
#include "controller/security.hpp"
#include "proto/sdp/document.hpp"

namespace controller {

/// What the two realms of a section let pass (accept_types, max_message), said in the SDP that goes out:
/// a=accept-types and a=accept-wrapped-types keep what both allow, where "*" and "type/*" become what is
/// allowed of it; a=max-size is lowered, or added (RFC 4975 8.6). Lines that say no more than that are not
/// touched. The error says that no content type is left, or that a line cannot be understood; the section is
/// then as it was.
Decided<base::Ok> filter_section(sdp::Document& document, sdp::Section section, const RealmPolicy& one,
                                 const RealmPolicy& other);

}  // namespace controller
