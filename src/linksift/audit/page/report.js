"use strict";
// Every text from the web goes onto the page through textContent, never as markup.
(() => {
  const PAGE_ROWS = 50;
  const MAX_LINES = 100000, MAX_BYTES = 2000000, MAX_URL = 2048;
  const CHOICES = ["keep", "disavow", "removal_asked", "review"];
  const CSV = ["url", "domain", "decision", "who", "when", "why"];
  const OUTCOMES = ["harmful", "review", "neutral", "valuable"];
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);

  function records(fields, rows) {
    const repeated = new Set(data.repeated);
    return rows.map((row) => {
      const record = {};
      fields.forEach((name, at) => {
        record[name] = repeated.has(name) && row[at] !== null ? data.texts[row[at]] : row[at];
      });
      return record;
    });
  }
  const links = records(data.link_fields, data.links);
  const domains = records(data.domain_fields, data.domains);

  // Decisions: "u:" and a page's URL, or "d:" and a domain -> decision, who, when, why.
  const decisions = new Map();
  for (const one of data.decisions) decisions.set(one.url ? "u:" + one.url : "d:" + one.domain, one);
  let isSaved = true;

  // The spelling in which the command compares URLs: no fragment, no user, lower-case host, no default port.
  function plainUrl(text) {
    try {
      const url = new URL(text);
      if (url.protocol !== "http:" && url.protocol !== "https:") return null;
      url.hash = url.username = url.password = "";
      return url.href;
    } catch { return null; }
  }
  function keyOf(row) { return row.page_url ? "u:" + row.page_url : "d:" + (row.domain || row.site); }
  const known = new Map([...decisions.keys()].filter((key) => key.startsWith("u:")).map((key) => [plainUrl(key.slice(2)), key]));
  for (const row of links) {
    // A decision that was read may spell the page otherwise than the export does.
    const key = keyOf(row), same = row.page_url ? known.get(plainUrl(row.page_url)) : undefined;
    row.key = decisions.has(key) || same === undefined ? key : same;
  }
  for (const row of domains) row.key = "d:" + row.site;
  function above(host) {
    const labels = host ? host.split(".") : [];
    return labels.map((_, at) => labels.slice(at).join("."));
  }
  function decided(row) {
    const own = decisions.get(row.key);
    if (own) return own.decision;
    for (const domain of above(row.domain || row.site)) {
      const found = decisions.get("d:" + domain);
      if (found) return found.decision;
    }
    return "";
  }

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key === "class") made.className = value; else made.setAttribute(key, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }
  const bdi = (text) => element("bdi", {}, text);
  const percent = (p) => p === null ? "not known" : Math.round(p * 100) + " %";
  function outward(url) {
    if (!/^https?:\/\//i.test(url)) return bdi(url);
    return element("a", { href: url, rel: "noopener noreferrer nofollow", target: "_blank" }, bdi(url));
  }
  const tag = (name) => element("span", { class: OUTCOMES.includes(name) ? "tag " + name : "tag" }, name || "");

  function chooser(row, name) {
    if (row.decided_by === "own_site" || row.decided_by === "keep_list") {
      return element("span", {}, row.decided_by === "own_site" ? "keep: your own site" : "keep: on your keep list");
    }
    const own = decisions.get(row.key), inherited = own ? "" : decided(row);
    const select = element("select", { "aria-label": "Decision on " + name, "data-key": row.key });
    select.append(element("option", { value: "" }, inherited ? "as its domain: " + inherited : "–"));
    for (const choice of CHOICES) select.append(element("option", { value: choice }, choice.replace("_", " ")));
    select.value = own ? own.decision : "";
    select.addEventListener("change", () => decide(row, select.value));
    return select;
  }
  function decide(row, choice) {
    if (!choice) decisions.delete(row.key);
    else {
      const isPage = row.key.startsWith("u:");
      decisions.set(row.key, {
        url: isPage ? row.key.slice(2) : "", domain: isPage ? "" : row.key.slice(2), decision: choice,
        who: byId("who").value.trim(), when: new Date().toISOString().slice(0, 19) + "Z",
        why: "set in the report of " + data.date,
      });
    }
    isSaved = false;
    for (const table of tables) table.refresh();
    say([count()]);
  }
  function count() {
    const n = decisions.size;
    return n + (n === 1 ? " decision" : " decisions") + (isSaved ? "" : ", not downloaded yet");
  }
  function say(lines) { byId("said").replaceChildren(...lines.map((line) => element("p", {}, line))); }
  window.addEventListener("beforeunload", (event) => { if (!isSaved) event.preventDefault(); });

  function makeTable(section, rows, columns, matches, haystack) {
    const form = section.querySelector("form"), body = section.querySelector("tbody");
    const status = section.querySelector("[role=status]"), head = section.querySelector("thead tr");
    const pager = section.querySelector(".pager");
    const texts = rows.map((row) => haystack(row).filter(Boolean).join("\n").toLowerCase());
    const open = new Set();
    let shown = rows.map((_, at) => at), page = 0, sorted = null, isDown = true;
    const headers = columns.map((column) => {
      const cell = element("th", { scope: "col", class: column.class || "" });
      if (!column.value) { cell.append(column.title); return cell; }
      const button = element("button", { type: "button" }, column.title);
      button.addEventListener("click", () => {
        isDown = sorted === column ? !isDown : Boolean(column.downFirst);
        sorted = column;
        headers.forEach((other) => other.removeAttribute("aria-sort"));
        cell.setAttribute("aria-sort", isDown ? "descending" : "ascending");
        select();
      });
      cell.append(button);
      return cell;
    });
    head.append(...headers);
    function select() {
      const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
      shown = [];
      for (let at = 0; at < rows.length; at++) {
        if (words.every((word) => texts[at].includes(word)) && matches(rows[at], form.elements)) shown.push(at);
      }
      if (sorted) {
        const keys = new Map(shown.map((at) => [at, sorted.value(rows[at])]));
        const order = isDown ? -1 : 1;
        // What is not known stands at the end, whichever way.
        shown.sort((a, b) => {
          const x = keys.get(a), y = keys.get(b);
          if (x === null || y === null) return (x === null) - (y === null) || a - b;
          return (x < y ? -order : x > y ? order : 0) || a - b;
        });
      }
      page = 0;
      draw();
    }
    function draw() {
      const pages = Math.max(1, Math.ceil(shown.length / PAGE_ROWS));
      page = Math.min(Math.max(page, 0), pages - 1);
      const lines = [];
      for (const at of shown.slice(page * PAGE_ROWS, (page + 1) * PAGE_ROWS)) {
        const row = rows[at];
        const line = element("tr", {}, ...columns.map((column) => element("td", { class: column.class || "" }, ...[column.show(row)].flat())));
        lines.push(line);
        const button = line.querySelector("button[aria-expanded]");
        if (!button) continue;
        const more = element("tr", { class: "more" });
        const toggle = (isOpen) => {
          button.setAttribute("aria-expanded", String(isOpen));
          more.hidden = !isOpen;
          if (isOpen && !more.firstChild) more.append(element("td", { colspan: columns.length }, details(row)));
        };
        button.addEventListener("click", () => {
          if (open.has(at)) open.delete(at); else open.add(at);
          toggle(open.has(at));
        });
        toggle(open.has(at));
        lines.push(more);
      }
      body.replaceChildren(...lines);
      status.textContent = shown.length.toLocaleString("en") + " of " + rows.length.toLocaleString("en") + " shown";
      pager.querySelector("span").textContent = "page " + (page + 1) + " of " + pages;
      for (const button of pager.querySelectorAll("button")) {
        button.disabled = button.dataset.step === "1" ? page >= pages - 1 : page <= 0;
      }
    }
    for (const button of pager.querySelectorAll("button")) {
      button.addEventListener("click", () => { page += Number(button.dataset.step); draw(); });
    }
    let waiting = 0;
    form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(select, 120); });
    form.addEventListener("submit", (event) => { event.preventDefault(); select(); });
    draw();
    return {
      // Keeps the reader's place: the focus goes back to the control that was used.
      refresh() {
        const used = body.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
        draw();
        if (used !== undefined) [...body.querySelectorAll("select")].find((one) => one.dataset.key === used)?.focus();
      },
    };
  }

  function details(row) {
    const box = element("div", {});
    const list = element("ul", { class: "plain" });
    for (const reason of row.reasons) {
      const told = {};
      data.reason_fields.forEach((name, at) => { told[name] = reason[at] === null ? null : data.texts[reason[at]]; });
      const item = element("li", {}, told.sentence || told.code);
      if (told.quote) item.append(element("br"), "Seen: ", element("q", {}, bdi(told.quote)));
      if (told.evidence) item.append(element("br"), element("small", {}, bdi(told.evidence)));
      if (told.practice) item.append(element("br"), "Google names this kind of practice: " + told.practice + " ", outward(told.practice_url || ""));
      list.append(item);
    }
    if (row.reasons.length) box.append(list);
    if (row.counterfactual) box.append(element("p", {}, "What would change it: " + row.counterfactual));
    const counted = row.counts === null ? "not known whether it counts" : row.counts ? "counts" : "does not count";
    box.append(element("p", {}, "Judged from the " + (row.basis || "nothing") + "; " + counted + "; in ", bdi(row.sources || ""), "; last seen " + (row.last_seen || "not known") + "."));
    if (row.campaigns) box.append(element("p", {}, "Campaigns: " + row.campaigns));
    if (row.decided_by === "decision") box.append(element("p", {}, "Decided: " + row.action + (row.decided_why ? ", " : ""), bdi(row.decided_why || "")));
    return box;
  }

  function firstReason(row) {
    const at = row.reasons.length ? row.reasons[0][data.reason_fields.indexOf("sentence")] : null;
    return at === null ? null : data.texts[at] + " ";
  }
  const mineMatches = (row, wanted) => !wanted || (wanted === "none" ? !decided(row) : decided(row) === wanted);
  const rank = (name) => { const at = OUTCOMES.indexOf(name); return at < 0 ? null : at; };
  const lower = (text) => text ? text.toLowerCase() : null;
  const tables = [];

  tables.push(makeTable(byId("domains"), domains, [
    { title: "My decision", show: (row) => chooser(row, row.site) },
    { title: "Site", class: "mid", value: (row) => row.site, show: (row) => [bdi(row.site), data.refused[row.site] ? element("small", {}, element("br"), "not as a whole: ", bdi(data.refused[row.site])) : null] },
    { title: "Worst link", class: "nowrap", value: (row) => row.worst_p_harmful, downFirst: true, show: (row) => [tag(row.worst_decision), " " + percent(row.worst_p_harmful)] },
    { title: "Typical link", class: "nowrap", value: (row) => row.typical_p_harmful, downFirst: true, show: (row) => [tag(row.typical_decision), " " + percent(row.typical_p_harmful)] },
    { title: "Seen", class: "num", downFirst: true, value: (row) => row.links, show: (row) => row.links.toLocaleString("en") + (row.reported_links === null ? "" : " of " + row.reported_links.toLocaleString("en")) },
    { title: "Lost", class: "num", downFirst: true, value: (row) => row.lost, show: (row) => row.lost.toLocaleString("en") },
    ...OUTCOMES.map((name) => ({ title: name, class: "num", downFirst: true, value: (row) => row[name], show: (row) => row[name].toLocaleString("en") })),
    { title: "Worst page", class: "wide url", show: (row) => row.worst_link ? outward(row.worst_link) : "" },
  ], (row, form) => (!form.decision.value || row.worst_decision === form.decision.value) && mineMatches(row, form.mine.value),
  (row) => [row.site]));

  tables.push(makeTable(byId("links-section"), links, [
    { title: "My decision", show: (row) => chooser(row, row.page_url || row.domain || "") },
    { title: "Model", value: (row) => rank(row.decision), show: (row) => [tag(row.decision), row.lost ? " lost" : ""] },
    { title: "Harmful", class: "num", value: (row) => row.p_harmful, downFirst: true, show: (row) => percent(row.p_harmful) },
    { title: "Page", class: "wide url", value: (row) => lower(row.page_url || row.domain), show: (row) => [row.title ? bdi(row.title) : null, row.title ? element("br") : null, row.page_url ? outward(row.page_url) : bdi((row.domain || "") + " (the whole domain)")] },
    { title: "Anchor", class: "mid", value: (row) => lower(row.anchor), show: (row) => row.anchor === null ? "not known" : row.anchor === "" ? "(empty)" : bdi(row.anchor) },
    { title: "Target", class: "mid url", value: (row) => lower(row.target_url), show: (row) => row.target_url === null ? "not known" : bdi(row.target_url) },
    { title: "First seen", class: "nowrap", value: (row) => row.first_seen, downFirst: true, show: (row) => row.first_seen || "" },
    { title: "Why", class: "mid", show: (row) => [firstReason(row), element("button", { type: "button", "aria-expanded": "false", "aria-label": "Details of " + (row.page_url || row.domain || "") }, "Details")] },
  ], (row, form) => (!form.decision.value || row.decision === form.decision.value) && mineMatches(row, form.mine.value)
    && (!form.state.value || (form.state.value === "lost" ? row.lost === true : form.state.value === "live" ? row.lost !== true : row.since_previous === form.state.value)),
  (row) => [row.page_url, row.domain, row.title, row.anchor, row.target_url, row.campaigns]));

  function save(name, type, text) {
    const address = URL.createObjectURL(new Blob([text], { type }));
    const anchor = element("a", { href: address, download: name });
    document.body.append(anchor);
    anchor.click();
    anchor.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }
  function cell(value) {
    const text = value === null || value === undefined ? "" : String(value);
    // A spreadsheet would run these as formulas.
    const safe = /^\s*[=+\-@\t\r\n＝＋－＠]/.test(text) ? "'" + text : text;
    return '"' + safe.replaceAll('"', '""') + '"';
  }
  byId("get-decisions").addEventListener("click", () => {
    const rows = [...decisions.values()].map((one) => CSV.map((name) => cell(one[name])).join(","));
    save("decisions.csv", "text/csv;charset=utf-8", [CSV.join(","), ...rows].join("\n") + "\n");
    isSaved = true;
    say([count()]);
  });

  function disavowLines() {
    const chosen = [...decisions.values()].filter((one) => one.decision === "disavow");
    const keptHosts = [...decisions.values()].filter((one) => one.decision === "keep")
      .map((one) => one.domain || (plainUrl(one.url) ? new URL(one.url).hostname : ""));
    const domainsOut = new Set(), urls = new Set(), left = [];
    for (const one of chosen.filter((it) => !it.url)) {
      const kept = keptHosts.find((host) => above(host).includes(one.domain));
      const why = data.refused[one.domain] || (kept ? "would take in " + kept + ", which is kept" : "");
      if (why) left.push(one.domain + ": " + why); else domainsOut.add(one.domain);
    }
    for (const one of chosen.filter((it) => it.url)) {
      const url = plainUrl(one.url);
      if (url === null || url.length > MAX_URL) left.push(one.url + ": cannot stand in a disavow file");
      else if (!above(new URL(url).hostname).some((domain) => domainsOut.has(domain))) urls.add(url);
    }
    return { lines: [...[...domainsOut].sort().map((domain) => "domain:" + domain), ...[...urls].sort()], left };
  }
  const mayDisavow = byId("grounds"), getDisavow = byId("get-disavow");
  mayDisavow.checked = data.grounds;
  getDisavow.disabled = !mayDisavow.checked;
  mayDisavow.addEventListener("change", () => { getDisavow.disabled = !mayDisavow.checked; });
  getDisavow.addEventListener("click", () => {
    const { lines, left } = disavowLines();
    const notes = left.map((text) => "Not listed: " + text);
    if (!lines.length) { say(["Nothing is to be disavowed: no decision asks for it, or none can be listed.", ...notes]); return; }
    const text = ["# " + data.date + ": decisions on links to " + data.site, ...lines].join("\n") + "\n";
    if (lines.length + 1 > MAX_LINES || new Blob([text]).size > MAX_BYTES) {
      say(["The list is over Google's limits (100,000 lines, 2 MB): `linksift disavow write` says the ways out."]);
      return;
    }
    save("disavow.txt", "text/plain;charset=utf-8", text);
    say([lines.length + " entries. It is a complete list: what you uploaded before and is not in it would be dropped.", ...notes]);
  });
  say([count()]);
})();
