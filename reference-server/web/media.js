"use strict";

/* One transport for the whole stay: own audio and video, six video and five audio slots. Which
 * participant feeds a slot is told by the server and changes without a new description. */
class Media {
  static VIDEO_SLOTS = 6;
  static AUDIO_SLOTS = 5;
  /* With ?simulcast in its address a page sends three sizes of its picture; the server chooses for
   * each receiver what fits. */
  static SIMULCAST = new URLSearchParams(location.search).has("simulcast");
  static ENCODINGS = [
    { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150000 },
    { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500000 },
    { rid: "f", maxBitrate: 1500000 },
  ];

  constructor(live, place) {
    this.live = live;
    this.place = place; // element that holds one <figure> per video slot
    this.names = new Map(); // participant → name
    this.figures = new Map(); // mid → element
    this.slots = [];
    live.on("media.send", (params) => this.send(params));
    live.on("media.slots", (params) => this.show(params.slots));
  }

  /* Camera and microphone, or as much of them as there is; null: nothing may be used. */
  static async capture() {
    const video = Media.SIMULCAST ? { width: 1280, height: 720 } : { width: 640, height: 360 };
    for (const wanted of [{ audio: true, video }, { video }, { audio: true }]) {
      try {
        return await navigator.mediaDevices.getUserMedia(wanted);
      } catch (error) {
        /* the next, smaller wish */
      }
    }
    return null;
  }

  async start(stream) {
    this.tracks = { audio: stream?.getAudioTracks()[0], video: stream?.getVideoTracks()[0] };
    const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" });
    this.pc = pc;
    this.own = {
      audio: pc.addTransceiver("audio", { direction: "sendonly" }),
      video: pc.addTransceiver("video", {
        direction: "sendonly",
        ...(Media.SIMULCAST && { sendEncodings: Media.ENCODINGS }),
      }),
    };
    for (let i = 0; i < Media.VIDEO_SLOTS; i++) pc.addTransceiver("video", { direction: "recvonly" });
    for (let i = 0; i < Media.AUDIO_SLOTS; i++) pc.addTransceiver("audio", { direction: "recvonly" });
    pc.ontrack = (event) => this.add(event.transceiver.mid, event.track);
    await pc.setLocalDescription();
    const { sdp } = await this.live.request("media.offer", { sdp: pc.localDescription.sdp });
    await pc.setRemoteDescription({ type: "answer", sdp });
  }

  stop() {
    this.pc?.close();
    for (const figure of this.figures.values()) figure.remove();
    this.figures.clear();
  }

  /* Media leaves this machine only while the server takes it. */
  async send({ audio, video }) {
    await this.own.audio.sender.replaceTrack((audio && this.tracks.audio) || null);
    await this.own.video.sender.replaceTrack((video && this.tracks.video) || null);
  }

  add(mid, track) {
    const figure = document.createElement("figure");
    const player = document.createElement(track.kind);
    const caption = document.createElement("figcaption");
    player.autoplay = true;
    player.playsInline = true;
    player.srcObject = new MediaStream([track]);
    figure.append(player, caption);
    figure.hidden = true;
    figure.dataset.mid = mid;
    figure.dataset.kind = track.kind;
    this.figures.set(mid, figure);
    this.place.append(figure);
    this.show(this.slots);
  }

  show(slots) {
    this.slots = slots;
    for (const { mid, participant } of slots) {
      const figure = this.figures.get(mid);
      if (!figure) continue;
      figure.hidden = !participant || figure.dataset.kind === "audio";
      figure.dataset.participant = participant ?? "";
      figure.querySelector("figcaption").textContent = this.names.get(participant) ?? "";
    }
  }

  people(participants) {
    for (const { participant, name } of participants) this.names.set(participant, name);
    this.show(this.slots);
  }
}

/* What tests and curious people look at. */
window.caseload = {
  pc: null,
  state: "new",
  async stats() {
    return this.pc ? [...(await this.pc.getStats()).values()] : [];
  },
};
