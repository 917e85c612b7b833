//! Words that tell the category of service.
#![allow(missing_docs)]
use std::sync::LazyLock;

use regex::Regex;

use super::view::pattern;

pub static HOSPITAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:(?:was|is|been|being|will be|were|to be) (?:\w+ )?(?:re-?)?admitted|admitted (?:to|with|for|on|from|through|here|by|because|after|overnight|yesterday)|admitting|this admission|on admission|since admission|reason for admission|during (?:this|the|his|her) (?:hospital|admission)|hospital (?:course|day|stay|medications|bed|room)|hospitaliz(?:ed|ation) (?:for|with|on|here)|(?:currently|now|remains?) (?:hospitalized|intubated|in the (?:icu|hospital))|inpatient",
        r"|intensive care|icu\b|ccu\b|nicu|picu|micu|sicu|telemetry|ventilator|intubated|npo\b|on the (?:floor|ward|unit)|bedside|(?:presented|came|brought|taken|transferred|sent|seen|evaluated) (?:\w+ ){0,3}(?:to|in|into|from|by) (?:\w+ ){0,3}(?:emergency|er\b|ed\b|hospital)|emergency (?:room|department)|transferred (?:to|from)|thank you for (?:this|the) (?:interesting )?consult|will (?:continue to )?follow (?:along|with you|the patient with you|closely|him|her)|asked to (?:see|evaluate|consult)|we (?:were|are) (?:asked|consulted)|i (?:was|am) (?:asked|called|being consulted)|continue (?:iv|intravenous|present|current) \w+|iv (?:fluids|antibiotics)|prn\b.*\biv\b|postoperative day|pod ?#?\d|hospital consult|discharge planning|attending physician)"
    ))
});
pub static NEW: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:new patient|new[- ]patient|new pt|npv\b|new (?:consult\w*|eval\w*|referral|office visit)|1st (?:visit|time|appt|appointment)|transfer(?:ring|red)? (?:of )?care|(?:just|recently) moved (?:here|to|from)|new to town|(?:met|meet\w*|seen|see|seeing|evaluated)\b[^.;]{0,30}\bfor the first time|whom i met|est(?:ab)?\.? care|first time (?:at|to) (?:our|this|the)|pleasure (?:of|to) meet\w*|initial (?:clinic |office )?(?:visit|evaluation|consultation|consult|exam(?:ination)?)|first (?:office |clinic )?visit|first time (?:i|we|in|seeing)|establish(?:ing|ed)? care|here to establish|to establish (?:with|as)|new to (?:me|us|this|our|the|practice|clinic)|never been seen|previously followed by)\b"
    ))
});
/// Signs of a first visit that leave the question open.
pub static REFERRED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:(?:kindly )?referred (?:by|to (?:me|us|our|the clinic)|here|from)|referral (?:from|by)|at the request of|thank you (?:very much |so much )?for (?:referring|the (?:kind )?referral)|self-?referred|second opinion|sent (?:here|over|to (?:me|us))|(?:for|in) (?:an? |further |surgical |medical |initial |neurolog\w+ )?(?:evaluation|consultation|opinion)\b)\b",
    )
});
pub static ESTABLISHED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:est\.? (?:pt|patient|here)|est,|est$|established|came back|follow[- ]?up(?: visit| of| for| on| appointment)?|followup|returns|return(?:ed)? (?:today|for|to (?:the |our |my )?(?:clinic|office))|return visit|last (?:visit|seen|office|clinic|saw|appointment|time i)|since (?:his|her|the|our) last|(?:i|we) (?:last )?saw (?:him|her)|(?:well|is) known to (?:me|us|our)|known to (?:me|us)|re-?check|established patient|whom i (?:have been|have|saw)|i (?:have|had) (?:seen|been (?:seeing|following))|previous visit|prior visit|at (?:his|her|the|our) last|in for (?:a )?(?:follow|recheck)|routine (?:visit|follow)|(?:3|6|three|six)[- ]month (?:follow|visit|check)|continues to be followed|comes back|back (?:today|for)|refills|refill (?:of|on|for|request))"
    ))
});
/// The same, more words of a first visit.
pub static FIRST_WORDS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:pleasure of seeing|asked to see|for the first time|sent (?:here|to (?:us|me)|by)|in consultation|consultation (?:for|regarding|in regards?)|seeks evaluation)\b",
    )
});
/// Any word of an earlier visit.
pub static RETURN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:follow[- ]?up|f/u|returns?|last (?:visit|seen|saw|office)|since (?:his|her|the|our) last|known to (?:me|us)|re-?check|comes back|back (?:today|for)|previously seen|seen (?:here|by me)|refills?|usual|again)\b",
    )
});
/// A consultant who already knows the patient.
pub static KNOWN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:follow[- ]?up (?:visit|of|for|on|appointment|consult\w*)|followup|returns|return visit|last (?:visit|saw|seen (?:by me|in))|(?:well )?known to (?:me|us|our)|re-?check|established (?:patient|pt)|est\.? (?:pt|patient)|i (?:last )?saw (?:him|her)|comes back|came back|back (?:today|for)|(?:\w+-)?(?:monthly|yearly|annual|month|week) (?:review|visit|check|re-?check)|since (?:his|her|the|our|we|i) last)\b|\best,",
    )
});
pub static PREVENTIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:well[- ]child|well[- ](?:baby|woman|adolescent|infant|check|chk|visit|exam)|(?:month|mo|year|yr)s?[- ](?:old )?well\b|wcc\b|sports (?:form|physical)|(?:school|camp|college|pre-?employment) physical|wellness (?:visit|exam|check)|(?:here|presents?|comes? in|in|seen)(?: today)? for (?:an? |her |his )?(?:\w+ ){0,2}(?:physical(?: exam(?:ination)?)?|exam(?:ination)? and pap|check-?up)|annual (?:physical|exam|examination|check|checkup|wellness|well|gyn|gynecologic|pelvic|health)|yearly (?:physical|exam|checkup|check-up)|health maintenance (?:exam|visit)|newborn (?:check|visit|exam|follow)|(?:\d+|one|two|three|four|six|nine|twelve)[- ](?:day|week|wk|month|mo)(?:[- ]old)? (?:newborn |well )?(?:check|wcc|visit)|first (?:office )?visit after birth|(?:school|sports|camp|college|pre-?employment|dot) physical|(?:month|year|week)(?:ly)?(?:-old)? (?:well )?check-?up|(?:routine|well) check-?up|preventive (?:visit|health|exam)|health supervision|annual pap|exam and pap)\b"
    ))
});
/// The preventive visit is of another day, or the visit has another reason.
pub static NOT_PREVENTIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:was in for|as part of|at (?:his|her|the) (?:last|recent|annual)|during (?:his|her|a)|(?:his|her|a|the) (?:primary care |family |private )?(?:physician|doctor|pcp|provider) for|seen by (?:his|her) (?:physician|doctor|pcp)|incidental\w*|last (?:physical|annual)|post-?partum|not been feeling well|found (?:on|at|during))\b",
    )
});
/// Another problem than the operation's, wherever it is told.
pub static SEPARATE_PROBLEM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:separate (?:problem|issue|complaint|e/?m)|not r/t|unrelated (?:problem|complaint|issue|to (?:the|his|her) (?:surgery|fracture|fx|operation))|new (?:unrelated )?problem)\b",
    )
});
pub static WELLNESS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:(?:first|initial|subsequent|annual) wellness (?:visit|exam)|annual wellness\b|subsequent (?:annual )?wellness|wellness,? subsequent|medicare wellness|mwv\b|awv\b|welcome to medicare|initial preventive physical|ippe\b)",
    )
});
pub static POSTOPERATIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:cast (?:change|check|ck|recheck)|(?:fx|fracture) care (?:on )?(?:\d|billed|done|started|charged|initiated|began|provided|in global)|post[- ]?op(?:erative)? (?:wk|week|day|month|#)s? ?#?\d|pov ?#? ?\d|pod ?#? ?\d+ (?:s/p|from|after)|day \d{1,2} after (?:i|we|she|he|dr|my)\b|(?:stitch|suture|staple) (?:visit|removal|out)|(?:stitches|sutures|staples) (?:out|removed|came out)|wound (?:ck|chk|check|recheck)|(?:i|we) (?:took|excised|removed|operated|fixed|repaired)\b[^\n;]{0,70}\b\d{1,2} ?(?:d|days?|wks?|weeks?) ago|\d{1,2} ?(?:d|days?|wks?|weeks?) s/p|post[- ]?op(?:erative)? (?:\w+ )?(?:visit|check|appointment|follow-?up|recheck|evaluation)|(?:s/p|status post)\b[^.]{0,60}\b(?:day \d{1,2}\b|pod ?#?\d|(?:\d{1,2}|one|two|three|four|five|six) (?:days|weeks?) ago)|within (?:the )?(?:\d+ days? )?global\b|postsurgical (?:visit|follow)|(?:first|second|initial|routine|final) post-?op\w*|(?:one|two|three|four|five|six|seven|eight|ten|\d{1,2}) (?:days?|weeks?) (?:status post|s/p|post-?op\w*|out (?:from|after)|following (?:his|her|the) (?:surgery|operation|procedure)|after (?:his|her|the) (?:surgery|operation)|after surgery|from surgery)|\bglobal (?:period|day|package|follow|visit)|\bin (?:the )?global\b|no charge post|post-?op day|\bpo(?:st)?-?op\b[^.]{0,20}(?:visit|check|wk|week)|(?:suture|staple|stitch) removal|here for (?:suture|staple) removal)|^\W*post-? ?op\b"
    ))
});
/// How a note on a later day of a stay opens.
pub static DAILY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*(?:hospital |hosp |post-?op )?(?:day|hd|pod) ?#?\d|\b(?:progress note|hospital day|postoperative day|post-?op(?:erative)? day|pod ?#?\d|days? post-?op|icu follow-?up|interval (?:history|events)|overnight|since yesterday|(?:is|feels|feeling|states|doing) (?:\w+ ){0,3}(?:better|well)|no (?:new|other) complaints|not in acute distress|no acute events|evaluated this a|was admitted approximately|is admitted|has been admitted|was seen and examined|going to see the patient|review of the medical record)",
    )
});
/// A day after an operation in hospital, told by who operated: its opening counts the days.
pub static POSTOPERATIVE_DAY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:post-? ?op(?:erative)? day|pod) ?#?[1-9]\d?\b|\b(?:first|second|third|fourth|fifth|sixth|seventh) post-? ?op(?:erative)? day|\b(?:\d{1,2}|one|two|three|four|five|six|seven)[- ]days? post-? ?op\w*",
    )
});
/// Another team sees the patient than the one that operated.
pub static OTHER_TEAM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:hospitalist|medicine|medical|cardiology|cards|nephrology|renal|infectious|endocrin\w*|pulm\w*|psych\w*|pm&r|physiatr\w*|rehab\w*|palliative|pain service|dieti\w+|nutrition|intensiv\w+|critical care|s?icu attending|consult\w*|co-?manag\w*|per (?:ortho\w*|surg\w*|vascular|neurosurg\w*)|(?:surg\w*|ortho\w*) (?:pt|patient|following|primary|team)|(?:by|of|for) dr\b|by the \w+ team|zero-?day|no surgery)",
    )
});
pub static INITIAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:history and physical|h&p|admission (?:history|diagnos|note|date)|will (?:be )?admit|admit(?:ted)? (?:to|him|her|the|for|with)|reason for admission|presents? to (?:the )?(?:emergency|er\b|ed\b|hospital)|presented to|presents with|past medical history|family history|chief complaint)",
    )
});
pub static DISABILITY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:examinee|evaluative purposes|contested conditions?|independent medical (?:evaluation|examination|exam)|disability (?:evaluation|examination|exam|determination)|qualified medical (?:evaluation|examiner)|agreed medical|impairment rating|maximum medical improvement|permanent (?:and stationary|disability|impairment)|social security disability|workers'? compensation (?:evaluation|examination))",
    )
});
pub static NURSING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:(?:seen|visited|evaluated|resident|resides|staying|rounds?|admitted) (?:\w+ ){0,4}(?:nursing (?:home|facility)|skilled nursing|long[- ]term care|snf|transitional care unit|tcu\b)|nursing home (?:visit|rounds|resident|note)|snf (?:visit|note|admission)|skilled nursing facility (?:visit|admission|note))",
    )
});
/// A resident of a facility who was brought to a hospital.
pub static BROUGHT_IN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:transferred|brought|sent|taken|presents?|presented|came) (?:\w+ ){0,3}(?:to|into|in) (?:the |our )?(?:emergency|er\b|ed\b|hospital)",
    )
});
pub static HOME_VISIT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:present at (?:today's |the |this )?visit (?:were|was)[^.]{0,120}(?:hospice|home health)|(?:initial )?(?:visit|seen)[^.]{0,60}\bhospice (?:diagnosis|patient)|visited (?:him|her|them) at home|home visit|house call|seen at (?:his|her) home|assisted living (?:visit|facility visit)|visited at home)",
    )
});
/// The treating clinician's own evaluation, not an outside examiner's.
pub static TREATING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:treating (?:physician|provider|doctor|clinician|surgeon)|my (?:own )?patient|i have (?:been )?treat(?:ed|ing))\b",
    )
});
pub static NURSE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:nurse(?:-only| only)? visit|(?:rn|lpn|ma)[- ](?:only )?visit|(?:bp|blood pressure|weight|wt) ?(?:re-?check|check|ck|chk) (?:w/?|with|by) ?(?:the |our )?(?:nurse|rn|lpn|ma)\b|seen by (?:the )?(?:nurse|rn|lpn|medical assistant) only|no provider (?:visit|seen))\b",
    )
});
/// Hours of a stay.
pub static STAY_HOURS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:observ\w+|stay\w*|monitored|kept|remained|total)\b[^.;]{0,40}?\b(\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) hours?\b|\b(\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)[- ]hours? (?:of observation|stay|observation|hospital stay)",
    )
});
/// Time since an operation.
pub static WEEKS_AFTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(\d{1,3}|a|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) (day|week|month|year)s? (?:status post|s/p|post-?op\w*|out from|out after|after|following|from|since)\b",
    )
});
pub static SAME_DAY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:admit(?:ted)? and discharged? (?:on )?(?:the )?same (?:day|date|calendar date)|same[- ]day (?:admission and )?discharge|discharged (?:later )?(?:the |on the )?same (?:day|date))",
    )
});

/// Seen before by this group and specialty (or this clinician elsewhere): established, if within three years.
pub static SEEN_HERE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:seen|visits?|treated|followed|cared for|appointment)\b[^.]{0,60}\b(?:my (?:own )?partner|our (?:own )?partner|in this (?:\w+ ){0,3}(?:group|clinic|practice|office)|in our (?:\w+ ){0,2}(?:group|clinic|practice|office)|with (?:me|us))\b",
        r"|\bfollowed me (?:here|to)\b|\bi (?:last )?saw (?:him|her|the patient)\b|\b(?:last )?seen (?:here|by me|by us)\b|\bfrom my (?:former|previous|old) practice\b"
    ))
});
/// Never seen by this specialty.
pub static NEVER_SEEN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:first[- ]time (?:patient|pt)\b|visit type:? new\b|brand[- ]new (?:patient|pt)|not (?:previously )?known to (?:our|this|us|me)|unknown to (?:us|me|our)|not (?:a |an )?(?:established|prior|previous|existing) patient|no (?:prior|previous) (?:contact|records? here|visits? here)|never (?:been )?(?:seen|here|a patient)|(?:but |has )?never (?:\w+ )?(?:orthopedics?|cardiology|rheumatology|neurology|dermatology|gastroenterology|urology|our specialty|this specialty)|first contact|not (?:(?:previously|ever|yet|before) )?(?:been )?(?:previously |ever )?seen (?:here|by (?:us|me|this \w+)|in (?:this|our) (?:\w+ ){0,2}(?:practice|clinic|office|group))(?: before| until)?|no prior visits?|first (?:ever )?(?:visit|appointment) (?:here|with us|to (?:this|our))|first time (?:here|in (?:this|our)))\b",
    )
});
/// A report: of an operation, a procedure, a test.
pub static REPORT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:prepped|draped|sterile|anesthe\w+|procedure in detail|description of procedure|estimated blood loss|specimens?|incision|technique|findings:|comparison:|impression:|axial|electrodes?|waveforms?|interrogat\w+|consent(?:ed)?|tolerated|lidocaine|needle|sutures?|tracing|amplitude|latenc\w+|catheter|guidewire|scope)\b",
    )
});
/// The first line of a report: what was done, not who came.
pub static REPORT_TITLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:percutaneous coronary intervention|(?:left|right) heart cath\w*|mohs (?:surgery|note|op|record|micrographic|stage)|(?:excision|laser|iud|nexplanon|trigger point|viscosupplement\w*|synvisc|botox|ilk|kenalog|ed&c|epidural|nerve block|vasectomy) (?:visit|procedure|note|only|appt|appointment|session|insertion|placement|removal)|(?:warfarin|inr|coumadin) check|(?:procedure|biopsy|bx|fna|aspiration|nerve block|block|excision|dilation|cardioversion|paracentesis|thoracentesis|infusion|debridement|reduction) (?:record|note|report|visit)|operative (?:report|note)|op(?:eration)? (?:note|record)|exercise (?:electrocardiogram|ecg|ekg|treadmill|stress)|(?:patch|prick|allergy|skin) test(?:ing)?|remote (?:monitor\w*|pacemaker|device|icd|interrogation|transmission)|(?:nb-?)?uvb|phototherapy",
        r"|(?:endovascular|catheteri[sz]ation|cath|stress|echo\w*|holter|monitor|patch|pft|spirometry|sleep|eeg|emg|nerve conduction|interrogation|device|electrocardiogram|ecg|ekg|treadmill|ultrasound|doppler|radiology|pathology|imaging|angiogra\w+|ablation|colposcopy|colonoscopy|endoscopy|bronchoscopy|cystoscopy) (?:[\w-]+ ){0,3}(?:report|record|review|study|test|interpretation|log)|(?:cath|catheteri[sz]ation|endovascular|ablation|angiogra\w+|colposcopy|colonoscopy|endoscopy|bronchoscopy|cystoscopy|pci|stent) (?:[\w-]+ ){0,2}note",
        r"|(?:tx|treatment|session|injection|dose) (?:#|no\.? ?)?\d+ (?:of|/) ?\d+|#\d+ of \d+)",
        r"|^\W*(?:ilk|kenalog|botox|nb-?uvb|phototherapy|pdt|laser|xolair|(?:wart )?(?:tx|treatment)|prp|hyaluronic acid|synvisc) ?(?:#|no\.? ?)\d+\W*$|^\W*(?:in-?)?office procedure(?: note| report)?\W*$"
    ))
});
/// The note says that there was no visit beside what was done.
pub static NO_SEPARATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:^|[.;,\n])\s*no visit(?: today)?\s*(?:[.;,\n–—-]|$)|\brefill req(?:uest)?s? by (?:phone|fax|portal)\b|\bno (?:separate(?:ly identifiable)?|other) (?:evaluation|e/?m|visit|office visit)\b|\bno office visit (?:charge|billed|today)|\bprocedure[- ]only (?:visit|appointment|appt|encounter)\b|\bno charge for (?:the |this )?visit\b|\bno (?:physician|provider|doctor|md) (?:visit|seen|encounter)\b|\bno e/?m (?:today|billed|charged?|service)\b",
    )
});
/// The patient comes for what was planned before.
pub static PLANNED_PROCEDURE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:procedure (?:visit|appointment|only)|(?:returns?|here|comes?|back|in|presents?)(?: today)? for (?:the |his |her |an? )?(?:[\w#-]+ ){0,4}(?:only|(?:as |previously |already )?(?:planned|scheduled|booked)\b)|for the (?:planned|scheduled) (?:\w+ ){0,3}(?:treatment|session|procedure|biopsy|injection|excision|removal|destruction)|(?:routine )?at[- ]risk foot care|psychotherapy (?:progress note|session|note))",
    )
});
/// How the report of a test opens.
pub static EXAM_TITLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*(?:exam|examination|study|reason for (?:the )?(?:exam|study|examination)|technique|type of (?:study|exam\w*)|(?:ct|mri|mra|us|ultrasound|x-?ray|radiograph\w*|echocardiogram)[^\n:]{0,40})\s*:[^\n]{0,400}\n?(?s:.{0,1500})\b(?:findings|interpretation|impression)\s*:",
    )
});
/// Parts of the report of a test, at the start of a line.
pub static REPORT_PARTS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)^\W*(findings?|interpretations?|impressions?|technique|comparison|reason for (?:the )?(?:exam\w*|study)|clinical (?:history|indications?|information)|indications?|type of (?:exam|study)|exam(?:ination)?|contrast|procedure|protocol)s?\s*:",
    )
});
/// Parts of a visit, at the start of a line.
pub static VISIT_PARTS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)^\W*(?:history of (?:the )?present illness|hpi|chief complaint|cc|plan|assessment[^:\n]*|subjective|objective|[soap]|a/p|vital signs|vitals|(?:current )?medications|meds|social history|family history|past (?:medical |surgical )?history|pmh|physical exam\w*|allergies|recommendations?|review of systems|ros|disposition|follow-?up)\s*[:-]",
    )
});
/// Words that speak to the reader, and words of a patient or clinician.
pub static READER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:your|you)\b"));
pub static PERSON: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:patient|pt|he|she|his|her|him|mr|mrs|ms|year[- ]old|y/?o|i|we|my)\b"));
/// ... unless it names a visit too.
pub static VISIT_TITLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:follow[- ]?up|f/u|clinic|consult\w*|history and physical|h&p|new patient|office|visit:|progress|return visit|evaluation)\b",
    )
});
/// Words of a visit: what comes next, or what the patient says.
pub static VISIT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:return|returns|come back|comes back|recheck|follow[- ]?up|call if|phone (?:\w+day|visit)|see (?:him|her|them|me|us) (?:again|in|next)|back in|next visit|visit in|week(?:s|ly)?|months?|otc|says|denies|feels|complain\w*)\b",
    )
});
/// A psychiatric diagnostic evaluation, which has a code of its own.
pub static PSYCHIATRIC: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\bpsychiatric (?:diagnostic|initial) (?:evaluation|interview)|\binitial psychiatric (?:evaluation|assessment)\b")
});
pub static AXIS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\baxis (?:i{1,3}|iv|v|[1-5])\b|\bgaf\b"));
/// Goals of therapists; what dietitians count.
pub static THERAPIST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:short|long)[- ]term goals?\b|\brehab(?:ilitation)? potential\b|\btherapeutic exercises?\b|\b(?:physical|occupational|speech|recreation\w*) therap(?:y|ist) (?:initial )?(?:evaluation|assessment|discharge|intervention)\b|\battended (?:physical|occupational|speech) therapy\b|\breferred to (?:outpatient )?(?:physical|occupational|speech) therapy\b[^.;]{0,30}\b(?:for|secondary|due)\b|\b(?:skilled|continued) (?:physical|occupational|speech) therapy\b|\bcompliant with (?:\w+ )?therapy\b",
    )
});
pub static DIETITIAN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:calori\w+|kcal|meal plan\w*|servings?|carbohydrates?|dietary (?:consult\w*|recall|history)|food (?:records?|diary|choices|journal))\b",
    )
});
pub static FIRST_TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(?:new patient|for the first time|first seen today|first (?:\w+ )?visit|new to (?:the|our|this) practice)\b")
});
/// The visit is for something else than the operation, or the procedure has no global period.
pub static OTHER_THAN_SURGERY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:(?:sewn|sutured|repaired|stitched|stapled|closed|placed|put in|done|lac(?:eration)? repair)(?: up)? (?:\w+ ){0,2}(?:at|by|in) (?:the |an? |our local )?(?:\w+ ){0,3}(?:ers?\b|ed\b|emergency|urgent care|uc\b|hospital|another|outside|elsewhere)|(?:placed|sewn|repaired|stitched|sutured|done) elsewhere|unrelated|different (?:site|problem)|not (?:about|related)|something else|new (?:problem|complaint|lesion|abscess|issue)|angioplasty|stent\w*|catheteri[sz]ation|cath\b|ablation|colonoscop\w+|endoscop\w+|egd|cardioversion|epidural|delivery|vaginal birth|nsvd)\b",
    )
});
pub static NURSING_ADMISSION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:(?:snf|nursing (?:home|facility)|skilled nursing(?: facility)?|ltc|rehab) admission|admission (?:history|h&p|note|visit)|initial (?:snf|nursing (?:home|facility)|visit)|(?:newly )?admitted (?:to|from)|new admission|readmi\w+)\b",
    )
});
pub static FIRST_WELLNESS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(?:initial|first)(?: ever)? (?:medicare )?(?:annual )?(?:wellness|awv)|\bg0438\b|\bawv,? initial")
});
pub static WELCOME: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:welcome to medicare|ippe\b|initial preventive physical|g0402)"));
pub static PREVENTIVE_CODE: &[&str] = &["Z00", "Z014", "Z01.4", "Z02", "Z76.1", "Z761"];
/// A clinic for procedures.
pub static PROCEDURE_CLINIC: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:minor surg\w+|minor procedures?|procedures?|mohs|injection|vasectomy|skin surgery|(?:derm\w*|cutaneous) surgery|botox|nail surgery) (?:clinic|visit|room|suite|appointment|appt|day)\b",
    )
});
/// What follows "here for the scheduled …" when a visit was scheduled, not a procedure.
pub static SCHEDULED_VISIT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*(?:[\w-]+ ){0,3}(?:surveillance|follow\w*|f/?u|visit|re-?check|check\w*|appointment|appt|annual|routine|exam\w*|physical|evaluation|consult\w*|management|review|wellness|screening)\b",
    )
});
/// A preventive visit, named among what was assessed.
pub static ASSESSED_PREVENTIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*(?:\d\W+)?(?:routine (?:check-?up|check|physical|child|infant|newborn|health)|(?:normal |healthy )?well[- ](?:child|adolescent|woman|baby|infant|teen|adult|newborn|check|visit|exam)|wcc\b|annual (?:exam|physical|gyn\w*|preventive)|preventive|health (?:maintenance|supervision) (?:exam|visit)|healthy (?:\w+ ){0,2}(?:infant|child|adolescent|newborn|teen))",
    )
});
/// A drug with its dose: somebody is treated.
pub static DOSED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b\d+(?:\.\d+)? ?m?c?g\b|\b(?:daily|twice a day|bid|tid|qhs|refill\w*)\b"));
/// "Here only for needle biopsy as planned".
pub static ONLY_AS_PLANNED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:here|in|back|returns?|presents?|comes?)(?: today)? (?:only|just|solely) for (?:[\w-]+ ){0,4}(?:biops\w+|bx|fna|inj\w*|excision|removal|procedure|block|insertion|ablation|injections?|treatment|session|shots?|infusion)\b|\b(?:only|just|solely) for (?:[\w-]+ ){0,4}(?:as|which was|previously) (?:planned|scheduled|decided|arranged)\b",
    )
});
/// A first line that is the name of a procedure and nothing else.
pub static PROCEDURE_NAMED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:proc(?:edure)?s?:|biops\w+|bx|fna|inject\w+|inj|blocks?|i ?& ?d|incision (?:and|&) drainage|excisions?|exc|shave|ed&c|removal|insertion|swap|exchange|dilation|dilatation|avulsion|matrixectomy|debridement|repair|reduction|aspiration|drainage|cautery|cauterization|ablation|cryo\w*|botox|iud|nexplanon|circ(?:umcision)?|tubes|myringotomy|paracentesis|thoracentesis|lumbar puncture|colpo\w*|leep|embx|emb|mohs|phototherapy|chemical peel|infusion|epley|canalith|nasal pack\w*|foreign body)\b",
    )
});
/// The note names the plan of an earlier day, or a series, that the procedure carries out.
pub static DECIDED_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:bx'?d|biopsied|consented|approved|authori[sz]ed|scheduled|booked|planned|decided|agreed|discussed)\W+(?:[\w/']+\W+){0,4}?(?:\d{1,2}/\d{1,2}|last (?:visit|week|month|time)|previously|earlier|at (?:the |her |his )?(?:last|prior|previous|consult\w*|initial))",
        r"|\b(?:biopsy|bx)[- ]proven\b|\b(?:decision|plan|consent)\w*(?: talk)? (?:for|to|was|made|done)\b[^.;\n]{0,50}(?:\d{1,2}/\d{1,2}|\bthen\b|last visit|prior visit|previous visit|earlier)",
        r"|\b(?:here|back|returns?|returning|presents?|comes?(?: in)?|in) (?:today )?for (?:the |his |her |an? |elective |definitive |repeat |next |planned )*(?:\w+ ){0,2}(?:excision|ed&c|edc\b|mohs|re-?excision|injections?|inj\b|ilk\b|botox|cryo\w*|laser|avulsion|matrixectomy|iud|nexplanon|vasectomy|destruction|debridement|chemical peel|phototherapy|aspiration)",
        r"|\b(?:visit|wk|week) #?\d+ of (?:\d|ongoing)|\b(?:\d+(?:st|nd|rd|th)|second|third|fourth|fifth|sixth|next|repeat) (?:round|session|set|series|tx|treatment|injections?|inj|application|cryo\w*|ilk)\b|\b(?:round|session|treatment|tx|series|injection) (?:#|no\.?|number )? ?\d+\b(?: ?(?:of|/) ?\d)?"
    ))
});
/// Nothing but the procedure was the matter of the day.
pub static NOTHING_ELSE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bno other (?:\w+ )?(?:issues?|problems?|complaints?|conditions?|concerns?)(?: (?:was|were|is|are|to be))? (?:evaluated|addressed|discussed|managed|raised|reviewed|looked at|examined|today)\b|\bnothing (?:else|more|other) (?:was |is )?(?:looked at|addressed|evaluated|examined|discussed|done|assessed|checked|managed|today)\b|\bonly (?:here )?for (?:the )?(?:procedure|injection|excision|removal)\b",
    )
});
/// In so many words: the decision was made on an earlier day.
pub static DECISION_MADE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\bdecision (?:for|to) [^.;\n]{0,40}\b(?:made|taken) (?:then|at|on|that|last|earlier|previously|\d)")
});
/// An operation with its anesthesia or suite, told as done.
pub static OPERATED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:mask ga|geta|(?:ga|mac)\b[ ,.;/]+(?:w/? ?|with )?(?:lma|ett|mask|sedation|local)|lma\b|general (?:endotracheal |mask |lma )?anesthe\w+ (?:was )?(?:induced|administered|given|via|by)|under (?:general|spinal|ga|mac)\b|anesthe\w+:? ?(?:general|ga\b|mac\b|spinal|geta|lma)|ebl\b|estimated blood loss|tourniquet (?:time|up|inflated)|bivalirudin|sheath (?:pulled|removed)|tr band)\b",
    )
});
/// History and physical before an operation that its surgeon decided on earlier.
pub static BEFORE_OPERATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*(?:[\w-]+ ){0,3}pre-?op(?:erative)? (?:h&p|history|visit|appointment|appt|check|exam\w*|consent|teaching|note)\b",
    )
});
pub static SURGEONS_OWN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bdecision for surgery\b[^.\n]{0,60}(?:\d|made|last|earlier|prior)|\bconsents? (?:signed|reviewed|obtained|talk)|\bsame surgeon\b|\b(?:seen|evaluated|examined) (?:by me )?in (?:my|our) (?:office|clinic)\b[^.]{0,60}\b(?:elected|decided|scheduled|agreed|consented)|\b(?:we|he|she|patient) (?:have |has |had )?(?:elected|decided) to proceed\b|\bi will (?:be )?(?:perform\w*|operat\w*)|\bscheduled with me\b",
    )
});
pub static CLEARANCE_ASKED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:for|request\w*|seeking|asked (?:for|to provide)) (?:\w+ ){0,4}clearance\b|\brcri\b|\brisk stratif\w+|\bcleared for (?:surgery|the procedure)|\b(?:requested|referred|sent) by\b",
    )
});
/// Age and sex as terse notes write them.
pub static AGE_AND_SEX: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b\d{1,3} ?-?(?:y/?o|yrs?|years?|mo|months?|[mf])\b|\b(?:mom|dad|mother|father|wife|husband|boy|girl|infant|man|woman|male|female)\b",
    )
});
/// Testing by a psychologist, told where the note begins.
pub static PSYCHOLOGICAL_TESTING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:referred|seen|presents?) for (?:an? )?(?:comprehensive |full |repeat )?neuropsycholog\w+ (?:evaluation|assessment|testing)|\btests? (?:include|includes|included|administered)\b[^.]{0,40}\b(?:administration|scoring|interpretation)\b|^\W*(?:comprehensive )?(?:neuro)?psycholog\w+ (?:testing|test results|assessment report)",
    )
});
/// A first session with a therapist.
pub static INTAKE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:\d{2,3}[- ]minute|initial|diagnostic) (?:initial |diagnostic |clinical )?(?:intake|interview)\b|\bcomprehensive (?:mental status|clinical psychological|psychological) evaluation\b|\bclinical psychological evaluation\b",
    )
});
/// Words of a minor procedure as it is told: numbing, cutting, closing, needles, materials.
pub static PROCEDURE_TOLD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:prepped|draped?|sterile\w*|anesthe\w+|lido\w*|xylocaine|marcaine|\w+vacaine|epi|estimated blood loss|ebl|specimens?|incision|incised|punch(?:ed)?|curett\w*|cauter\w*|hyfrecat\w*|hemosta\w*|ellipse|undermin\w*|nylon|vicryl|prolene|monocryl|chromic|pds|sutur\w+|staples?|consent\w*|time-?out|tolerated|needle|gauge|\d\d ?ga?|betadine|chloraprep|chlorhexidine|hibiclens",
        r"|cannula\w*|guidewire|wire|catheter|sheath|electrodes?|bx(?:'d)?|biops\w+|path|aspirated|irrigat\w+|packed|drained|dressing|band-?aid|steri-?strips?|pressure held|ln2|liquid nitrogen|freeze|thaw|injected|inj|cc|ml|fluoro\w*|ultrasound[- ]guid\w*|under us|us[- ]guid\w*|clamp|forceps|tourniquet|mask ga|lma|geta|implant\w*|balloon)\b"
    ))
});
/// Words of a visit, in short notes too.
pub static VISIT_TOLD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:return|come back|recheck|follow[- ]?up|f/?u|rtc|call if|denies|feels|complain\w*|c/o|hpi|ros|ctab|rrr|lungs|heart|bp|refills?|start|continue|cont|increase|rx|mg|daily|bid|qhs|a/p|assessment|otc|pmh|meds:|allerg\w+|fam hx)\b",
    )
});
