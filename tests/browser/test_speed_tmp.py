import time, os, glob
from tests.browser.pages import EVERYWHERE
from tests.browser.conftest import ARGUMENTS, executable
def cpu():
    me=os.getpid(); st={}
    for p in glob.glob('/proc/[0-9]*/stat'):
        try: d=open(p).read()
        except OSError: continue
        pid=int(d.split()[0]); name=d[d.index('(')+1:d.rindex(')')]; f=d[d.rindex(')')+2:].split()
        cl=open(f'/proc/{pid}/cmdline').read() if os.path.exists(f'/proc/{pid}/cmdline') else ''
        if name=='chromium': name='c:'+(cl.split('--type=')[1].split()[0].split('\0')[0] if '--type=' in cl else 'browser')
        st[pid]=(name,int(f[1]),int(f[11])+int(f[12])+int(f[13])+int(f[14]))
    def anc(pid):
        while pid in st:
            if pid==me: return True
            pid=st[pid][1]
        return False
    out={}
    for pid,(n,pp,t) in st.items():
        if anc(pid): out[n]=out.get(n,0)+t
    return out
def test_speed(playwright, site):
    for label, extra in {
      "base":[],
      "swoff":["--disable-software-rasterizer"],
      "inproc":["--in-process-gpu"],
      "limit":["--renderer-process-limit=1"],
      "noimg+nocomp":["--blink-settings=imagesEnabled=false","--disable-gpu-compositing"],
      "iso":["--disable-site-isolation-trials","--disable-features=IsolateOrigins,site-per-process,SpareRendererForSitePerProcess"],
      "nozyg":["--no-zygote","--disable-dev-shm-usage"],
    }.items():
        b=playwright.chromium.launch(executable_path=executable(playwright), args=ARGUMENTS+extra)
        pids=len([1 for p in glob.glob('/proc/[0-9]*')])
        p=b.new_context().new_page(); p.goto(site.url)
        a=cpu(); t=time.time()
        for path in EVERYWHERE[:24]: p.goto(site.url+path, wait_until="domcontentloaded")
        e=cpu(); print("XX",label, round(time.time()-t,1), {k:(e[k]-a.get(k,0))/100 for k in e if e[k]-a.get(k,0)>5}, flush=True)
        b.close()
