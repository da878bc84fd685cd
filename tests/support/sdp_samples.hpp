#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace test {

/// A raw string's lines with CRLF, without its first line end.
inline std::string crlf(std::string_view text) {
  std::string out;
  for (const char c : text.substr(text.starts_with('\n') ? 1 : 0)) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

// RFC 4975 8.7, the offer of endpoint A.
inline constexpr std::string_view sdp_plain = R"(
v=0
o=usera 2890844526 2890844527 IN IP4 alice.example.com
s= -
c=IN IP4 alice.example.com
t=0 0
m=message 7394 TCP/MSRP *
a=accept-types:message/cpim text/plain text/html
a=path:msrp://alice.example.com:7394/2s93i93idj;tcp
)";

// RFC 4975 14.4: TLS between peers, the fingerprint on one line.
inline constexpr std::string_view sdp_tls = R"(
v=0
o=- 2890844526 2890844527 IN IP4 atlanta.example.com
s=
c=IN IP4 atlanta.example.com
t=0 0
m=message 7654 TCP/TLS/MSRP *
a=accept-types:text/plain
a=path:msrps://atlanta.example.com:7654/jshA7we;tcp
a=fingerprint:SHA-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB
)";

// RFC 5547 6, figure 2, unfolded.
inline constexpr std::string_view sdp_file = R"(
v=0
o=alice 2890844526 2890844526 IN IP4 host.atlanta.example.com
s=
c=IN IP4 host.atlanta.example.com
t=0 0
m=message 7654 TCP/MSRP *
i=This is my latest picture
a=sendonly
a=accept-types:message/cpim
a=accept-wrapped-types:*
a=path:msrp://atlanta.example.com:7654/jshA7we;tcp
a=file-selector:name:"My cool picture.jpg" type:image/jpeg size:32349 hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E
a=file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd
a=file-disposition:attachment
a=file-date:creation:"Mon, 15 May 2006 15:01:31 +0300"
a=file-icon:cid:id2@alicepc.example.com
a=file-range:1-32349
)";

// An RFC 6714 offer of an IMS UE whose path host does not resolve (TS 24.247 8.3.1); IPv6; e2ae asked for.
inline constexpr std::string_view sdp_e2ae = R"(
v=0
o=- 1 1 IN IP6 2001:db8::10
s=-
t=0 0
m=message 49170 TCP/TLS/MSRP *
c=IN IP6 2001:db8::10
a=path:msrps://ue.invalid:49170/kjh3uyGT5d8sQz0p;tcp
a=accept-types:message/cpim text/plain
a=accept-wrapped-types:*
a=setup:actpass
a=msrp-cema
a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F
a=3ge2ae:requested
a=tls-id:abcdefghij0123456789+/-_
)";

// What a common RCS client offers: audio beside it, a=connection, upper-case hash names, session-level
// security.
inline constexpr std::string_view sdp_rcs = R"(
v=0
o=RCS 1700000000 1700000000 IN IP6 2001:db8::99
s=-
c=IN IP6 2001:db8::99
b=AS:64
t=0 0
a=fingerprint:SHA-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F
a=setup:passive
m=audio 49152 RTP/AVP 0 8
a=rtpmap:0 PCMU/8000
a=inactive
m=message 9 TCP/TLS/MSRP *
b=AS:512
a=path:msrps://[2001:db8::99]:9/Zq7Lw0aTt1;tcp
a=sendrecv
a=accept-types:message/cpim application/im-iscomposing+xml
a=accept-wrapped-types:text/plain message/imdn+xml application/vnd.gsma.rcspushlocation+xml
a=setup:active
a=connection:new
a=msrp-cema
a=x-vendor-something:  kept  as it is 
)";

inline constexpr std::string_view fingerprint_of_ue =
    "sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F";
inline constexpr std::string_view fingerprint_of_other =
    "sha-256 FF:FE:FD:FC:FB:FA:F9:F8:F7:F6:F5:F4:F3:F2:F1:F0:EF:EE:ED:EC:EB:EA:E9:E8:E7:E6:E5:E4:E3:E2:E1:E0";

/// One MSRP section as an end may write it, for tests that vary what it says. Empty: no such line.
struct Chat {
  std::string ip = "192.0.2.1";
  std::uint16_t port = 49170;
  bool tls = false;
  std::string setup = "actpass";
  bool cema = true;
  std::string fingerprint = {};
  std::string e2ae = {};
  std::string tls_id = {};
  std::string path_host = "ue.invalid";
  std::string session_id = "kjh3uyGT5d8sQz0p";
  std::string more = {};  // further lines, with their CRLF

  std::string section() const {
    const std::string scheme = tls ? "msrps" : "msrp";
    std::string out = "m=message " + std::to_string(port) + (tls ? " TCP/TLS/MSRP *\r\n" : " TCP/MSRP *\r\n");
    out += "c=IN " + std::string(ip.find(':') == ip.npos ? "IP4 " : "IP6 ") + ip + "\r\n";
    out += "a=path:" + scheme + "://" + path_host + ":49170/" + session_id + ";tcp\r\n";
    out += "a=accept-types:message/cpim text/plain\r\n";
    const auto line = [&](const std::string& name, const std::string& value) {
      if (!value.empty()) out += "a=" + name + ":" + value + "\r\n";
    };
    line("setup", setup);
    if (cema) out += "a=msrp-cema\r\n";
    line("fingerprint", fingerprint);
    line("3ge2ae", e2ae);
    line("tls-id", tls_id);
    return out + more;
  }
  std::string text() const { return "v=0\r\no=- 1 1 IN IP4 192.0.2.99\r\ns=-\r\nt=0 0\r\n" + section(); }
};

/// A UE that asks for e2ae, and one in the core that knows no TLS.
inline Chat e2ae_chat() {
  Chat out;
  out.tls = true;
  out.fingerprint = fingerprint_of_ue;
  out.e2ae = "requested";
  return out;
}
inline Chat plain_chat() {
  Chat out;
  out.ip = "192.0.2.2";
  out.port = 50000;
  out.setup = "passive";
  out.session_id = "Zq7Lw0aTt1";
  return out;
}
inline Chat tls_chat() {
  auto out = plain_chat();
  out.tls = true;
  out.fingerprint = fingerprint_of_other;
  return out;
}

}  // namespace test
